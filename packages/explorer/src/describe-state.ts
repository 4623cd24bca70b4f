// One server's state and one message as lists of numbers, under any renaming of the servers. Two servers with the same
// list behave alike from then on, so the list must contain everything that a rule can read.
import type { LogEntry, Message } from '@raftlab/protocol';
import type { Progress, RaftState } from '@raftlab/raft-core';
import type { Permutation } from './permutation.ts';
import { proposerOf } from './proposed-command.ts';

const modes: readonly Progress['mode'][] = ['probe', 'replicate', 'snapshot'];
const roles: readonly RaftState['standing']['role'][] = ['follower', 'candidate', 'leader'];

export function describeServer(state: RaftState, renamed: Permutation): number[] {
  const { me, currentTerm, votedFor, log, commitIndex, lastApplied, standing } = state;
  const numbers = [
    nameOf(me, renamed),
    currentTerm,
    votedFor === null ? -1 : nameOf(votedFor, renamed),
    commitIndex,
    lastApplied,
    log.lastIncludedIndex,
    log.lastIncludedTerm,
    log.lastIndex,
  ];
  pushEntries(numbers, log.slice(log.lastIncludedIndex + 1, log.lastIndex), renamed);
  numbers.push(roles.indexOf(standing.role));
  if (standing.role === 'candidate') {
    let votes = 0;
    for (const voter of standing.votes) votes |= 1 << nameOf(voter, renamed);
    numbers.push(votes);
  } else if (standing.role === 'leader') {
    numbers.push(standing.durableIndex);
    for (let name = 0; name < renamed.length; name += 1) {
      const progress = standing.progress.get(renamed.indexOf(name));
      if (progress !== undefined) pushProgress(numbers, progress);
    }
  }
  return numbers;
}

function pushProgress(numbers: number[], progress: Progress): void {
  const { nextIndex, matchIndex, mode, inflight, commitSent, heardFrom } = progress;
  numbers.push(nextIndex, matchIndex, modes.indexOf(mode), commitSent, Number(heardFrom));
  numbers.push(inflight.length, ...inflight);
}

function pushEntries(numbers: number[], entries: readonly LogEntry[], renamed: Permutation): void {
  for (const entry of entries) numbers.push(entry.term, nameOf(proposerOf(entry), renamed));
}

export interface SentMessage {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

export function describeMessage({ from, to, message }: SentMessage, renamed: Permutation): number[] {
  const ends = [nameOf(from, renamed), nameOf(to, renamed)];
  switch (message.kind) {
    case 'requestVote': {
      const { term, candidateId, lastLogIndex, lastLogTerm } = message.args;
      return [1, ...ends, term, nameOf(candidateId, renamed), lastLogIndex, lastLogTerm];
    }
    case 'requestVoteReply':
      return [2, ...ends, message.reply.term, Number(message.reply.voteGranted)];
    case 'appendEntries': {
      const { term, leaderId, prevLogIndex, prevLogTerm, entries, leaderCommit } = message.args;
      const numbers = [
        3,
        ...ends,
        term,
        nameOf(leaderId, renamed),
        prevLogIndex,
        prevLogTerm,
        leaderCommit,
        entries.length,
      ];
      pushEntries(numbers, entries, renamed);
      return numbers;
    }
    case 'appendEntriesReply': {
      const { reply } = message;
      if (reply.success) return [4, ...ends, reply.term, reply.matchIndex];
      return [5, ...ends, reply.term, reply.prevLogIndex, reply.conflictTerm, reply.conflictIndex];
    }
    case 'installSnapshot': {
      const { term, leaderId, lastIncludedIndex, lastIncludedTerm } = message.args;
      return [6, ...ends, term, nameOf(leaderId, renamed), lastIncludedIndex, lastIncludedTerm];
    }
    case 'installSnapshotReply':
      return [7, ...ends, message.reply.term, message.reply.matchIndex];
  }
}

export function nameOf(server: number, renamed: Permutation): number {
  return renamed[server] ?? server;
}

// One server's state and one message as lists of numbers, under any renaming of the servers. Servers with the same list must
// behave alike from then on, so the list must contain every field that a rule can read.
import { bodyOf, messageKinds, type LogEntry, type Message } from '@raftlab/protocol';
import type { Leader, Progress, RaftState } from '@raftlab/raft-core';
import type { Permutation } from './permutation.ts';
import { proposerOf } from './proposed-command.ts';

const modes: readonly Progress['mode'][] = ['probe', 'replicate', 'snapshot', 'lost-log'];
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
  for (const { id, leaderId, term } of state.forwardedReads)
    numbers.push(id, nameOf(leaderId, renamed), term);
  numbers.push(state.forwardedReads.length, roles.indexOf(standing.role));
  if (standing.role === 'candidate') {
    numbers.push(bitsOf(standing.votes, renamed), bitsOf(standing.preVotes, renamed));
  } else if (standing.role === 'follower') {
    const leader = standing.leaderId === undefined ? -1 : nameOf(standing.leaderId, renamed);
    numbers.push(Number(standing.leaderHeardAt === -Infinity), leader, bitsOf(standing.preVotes, renamed));
  } else {
    numbers.push(standing.durableIndex);
    for (let name = 0; name < renamed.length; name += 1) {
      const progress = standing.progress.get(renamed.indexOf(name));
      if (progress !== undefined) pushProgress(numbers, progress);
    }
    pushReads(numbers, standing, renamed);
    const { transfer, hasAskedToTakeOver } = standing;
    numbers.push(transfer === undefined ? -1 : nameOf(transfer.to, renamed), Number(hasAskedToTakeOver));
    numbers.push(Number(transfer !== undefined && transfer.askAt > -Infinity));
  }
  return numbers;
}

function pushReads(numbers: number[], { reads }: Leader, renamed: Permutation): void {
  const { waiting, round, openRounds, confirmed } = reads;
  numbers.push(round, waiting.length);
  for (const { id, from, readIndex, round: of } of waiting)
    numbers.push(id, from === undefined ? -1 : nameOf(from, renamed), readIndex, of);
  numbers.push(openRounds.length, ...openRounds.map((open) => open.round));
  for (let name = 0; name < renamed.length; name += 1)
    numbers.push(confirmed.get(renamed.indexOf(name)) ?? 0);
}

/** A bit for each server; -1 when there are none to name. */
function bitsOf(servers: ReadonlySet<number> | undefined, renamed: Permutation): number {
  if (servers === undefined) return -1;
  let bits = 0;
  for (const server of servers) bits |= 1 << nameOf(server, renamed);
  return bits;
}

function pushProgress(numbers: number[], progress: Progress): void {
  const { nextIndex, matchIndex, mode, inflight, commitSent, transfer } = progress;
  numbers.push(nextIndex, matchIndex, modes.indexOf(mode), commitSent);
  // In the other modes it is not read.
  numbers.push(mode === 'probe' ? progress.probeIndex : -1);
  // Snapshots are empty in this model: one is in flight, or all of it is.
  numbers.push(transfer?.snapshot.lastIncludedIndex ?? -1);
  numbers.push(inflight.length, ...inflight.map(({ end }) => end));
}

function pushEntries(numbers: number[], entries: readonly LogEntry[], renamed: Permutation): void {
  for (const entry of entries) numbers.push(entry.term, nameOf(proposerOf(entry), renamed));
}

export interface SentMessage {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** The kind, the sender and receiver, and all fields in the order of their names. */
export function describeMessage({ from, to, message }: SentMessage, renamed: Permutation): number[] {
  const numbers = [messageKinds.indexOf(message.kind), nameOf(from, renamed), nameOf(to, renamed)];
  const fields = Object.entries(bodyOf(message)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of fields) pushField(numbers, { name, value }, renamed);
  return numbers;
}

type FieldValue = number | boolean | readonly LogEntry[] | Uint8Array;

function pushField(
  numbers: number[],
  { name, value }: { readonly name: string; readonly value: FieldValue },
  renamed: Permutation,
): void {
  if (typeof value === 'boolean') {
    numbers.push(Number(value));
  } else if (typeof value === 'number') {
    // The paper's fields that name a server end in Id.
    numbers.push(name.endsWith('Id') ? nameOf(value, renamed) : value);
  } else if (value instanceof Uint8Array) {
    numbers.push(value.length); // snapshots are empty in this model
  } else {
    numbers.push(value.length);
    pushEntries(numbers, value, renamed);
  }
}

export function nameOf(server: number, renamed: Permutation): number {
  return renamed[server] ?? server;
}

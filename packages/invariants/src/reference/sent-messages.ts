// The messages that a server may send besides replies: vote requests when it starts an election, and as leader the content of
// its own log.
import type { AppendEntriesArgs, InstallSnapshotArgs, PreVoteArgs, ServerId } from '@raftlab/protocol';
import type { Outputs } from '@raftlab/raft-core';
import { expectThat } from '../invariant.ts';
import { modelEntry } from './model-log.ts';
import type { ModelServer } from './model-server.ts';

export function checkSent(server: ModelServer, outputs: Outputs, isElection: boolean): void {
  const { me, log, currentTerm, role } = server;
  for (const { to, message } of [...outputs.send, ...outputs.sendAfterPersist]) {
    if ('reply' in message) continue;
    expectThat(to !== me, () => `server ${me} sends ${message.kind} to itself`);
    if (message.kind === 'preVote') {
      checkPreVote(server, to, message.args);
      continue;
    }
    expectThat(
      message.args.term === currentTerm,
      () => `server ${me} in term ${currentTerm} sends ${message.kind} of term ${message.args.term}`,
    );
    if (message.kind === 'requestVote') {
      const { candidateId, lastLogIndex, lastLogTerm } = message.args;
      const isRight =
        candidateId === me && lastLogIndex === log.lastIndex && lastLogTerm === log.lastTerm && isElection;
      expectThat(
        isRight,
        () => `server ${me}, a ${role}, sends a vote request: ${JSON.stringify(message.args)}`,
      );
      expectThat(server.voters.has(to), () => `server ${me} sends a vote request to server ${to}, a learner`);
      continue;
    }
    // A question for the leader, which only a server that follows one has.
    if (message.kind === 'readIndex') {
      expectThat(
        role === 'follower' && message.args.readerId === me,
        () => `server ${me}, a ${role}, forwards a read`,
      );
      continue;
    }
    expectThat(role === 'leader', () => `server ${me}, a ${role}, sends ${message.kind}`);
    if (message.kind === 'appendEntries') checkAppendEntries(server, message.args);
    else if (message.kind === 'installSnapshot') checkChunk(server, message.args);
  }
  const asksTooEarly = outputs.send.some(({ message }) => message.kind === 'requestVote');
  expectThat(!asksTooEarly, () => `server ${me} sends a vote request before its own vote is durable`);
}

function checkAppendEntries({ me, log, commitIndex }: ModelServer, args: AppendEntriesArgs): void {
  const { prevLogIndex, prevLogTerm, entries, leaderCommit } = args;
  const termHere = log.termEverAt(prevLogIndex);
  expectThat(
    termHere === prevLogTerm,
    () => `leader ${me} sends prevLogTerm ${prevLogTerm} for entry ${prevLogIndex}; its log has ${termHere}`,
  );
  expectThat(
    leaderCommit <= commitIndex,
    () => `leader ${me} sends leaderCommit ${leaderCommit}; its commitIndex is ${commitIndex}`,
  );
  for (const [offset, entry] of entries.entries()) {
    const index = prevLogIndex + 1 + offset;
    const known = log.everAt(index);
    const { term, content } = modelEntry(entry);
    expectThat(
      known?.term === term && known.content === content,
      () => `leader ${me} sends an entry ${index} that its log does not have`,
    );
  }
}

/** Thesis 9.6: what it would say in the election that it may begin. */
function checkPreVote(
  { me, log, currentTerm, role, voters }: ModelServer,
  to: ServerId,
  args: PreVoteArgs,
): void {
  const { term, candidateId, lastLogIndex, lastLogTerm } = args;
  const isRight =
    term === currentTerm + 1 &&
    candidateId === me &&
    lastLogIndex === log.lastIndex &&
    lastLogTerm === log.lastTerm &&
    role !== 'leader' &&
    voters.has(me);
  expectThat(
    isRight,
    () => `server ${me}, a ${role} in term ${currentTerm}, asks for pre-votes: ${JSON.stringify(args)}`,
  );
  expectThat(voters.has(to), () => `server ${me} asks server ${to}, a learner, for its pre-vote`);
}

/** A chunk is a part of a snapshot that the leader has or had: it may send an old one to its end (Figure 13). */
function checkChunk({ me, log, snapshots }: ModelServer, args: InstallSnapshotArgs): void {
  const { lastIncludedIndex, lastIncludedTerm, sizeBytes, offset, data } = args;
  const whole = snapshots.get(lastIncludedIndex);
  expectThat(
    whole !== undefined && whole.length === sizeBytes,
    () =>
      `leader ${me} sends a snapshot up to ${lastIncludedIndex} of ${sizeBytes} bytes, which it never had`,
  );
  expectThat(
    lastIncludedIndex < log.baseIndex || lastIncludedTerm === log.baseTerm,
    () => `leader ${me} says that entry ${lastIncludedIndex} is of term ${lastIncludedTerm}`,
  );
  expectThat(
    Buffer.compare(whole.subarray(offset, offset + data.length), data) === 0,
    () => `leader ${me} sends other bytes from ${offset} on than its snapshot up to ${lastIncludedIndex} has`,
  );
}

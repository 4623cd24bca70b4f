// Compares every step of a server with a reference model of the paper's rules. The model is nondeterministic where the paper is
// (when a timer elapses, how far a leader commits, what it sends next) and adopts the step's choice; a step that the model
// does not allow is a violation. The comparison is slow and shares no code with the core: use it for a sample of runs.
import type { ServerId, Message } from '@raftlab/protocol';
import type { Envelope, Input, Outputs, Persist, RaftState } from '@raftlab/raft-core';
import { expectThat, Violation, type Invariant, type StepEvent } from '../invariant.ts';
import { ModelDisk, modelEntry, type ModelLog } from './model-log.ts';
import { ModelServer, type ExpectedReply } from './model-server.ts';
import { checkSent } from './sent-messages.ts';

/** One server and its storage: the batches that it received, and those that are durable. */
interface Modelled {
  readonly server: ModelServer;
  readonly written: ModelDisk;
}

/** The comparison with the reference model, as another invariant. Use a new one for each run. */
export function referenceRelation(): Invariant {
  const disks = new Map<ServerId, ModelDisk>();
  const modelled = new Map<ServerId, Modelled>();
  const sent = new Set<string>();
  const wiped = new Set<ServerId>();
  const diskOf = (server: ServerId): ModelDisk => {
    const disk = disks.get(server) ?? new ModelDisk();
    disks.set(server, disk);
    return disk;
  };
  return {
    name: 'The paper allows the step',
    statement: 'Every step of a server is one that the rules of Figure 2 and Figure 13 allow.',
    source: 'Raft paper, Figure 2, Figure 13; thesis 3.8, 4.2.3, 6.2, 9.6, 10.2.1',
    onWiped: (server) => void wiped.add(server),
    onStart(id, state) {
      if (wiped.delete(id)) disks.set(id, diskWith(state));
      const server = new ModelServer(id, state.membership, diskOf(id));
      // With lease reads a server that restarts keeps its vote for a while, as if it had heard a leader (thesis 6.4.1).
      server.hasLeader = state.standing.role === 'follower' && state.standing.leaderHeardAt > -Infinity;
      const written = new ModelDisk();
      Object.assign(written, { currentTerm: server.currentTerm, votedFor: server.votedFor });
      modelled.set(id, { server, written: Object.assign(written, { log: server.log.copy() }) });
      compare(server, state, server.log.baseIndex + 1);
    },
    onStep(event) {
      const known = modelled.get(event.server);
      expectThat(known !== undefined, () => `server ${event.server} takes a step before it starts`);
      try {
        step(known, diskOf(event.server), event, sent);
      } catch (error) {
        if (error instanceof Violation || !(error instanceof Error)) throw error;
        throw new Violation(`server ${event.server} on ${nameOf(event.input)}: ${error.message}`);
      }
    },
    onSend: (server, { to, message }) => void sent.add(keyOf(server, to, message)),
    onDurable: (server, batch) => diskOf(server).apply(batch),
  };
}

/** The storage of a server that begins with this state, whatever it had before. */
function diskWith({ currentTerm, votedFor, log }: RaftState): ModelDisk {
  const disk = new ModelDisk();
  const { snapshot, lastIncludedIndex, lastIndex } = log;
  const firstIndex = lastIncludedIndex + 1;
  disk.apply({
    hardState: { currentTerm, votedFor },
    ...(snapshot !== undefined && { snapshot }),
    log: { firstIndex, entries: log.slice(firstIndex, lastIndex) },
  });
  return disk;
}

function step({ server, written }: Modelled, disk: ModelDisk, event: StepEvent, sent: Set<string>): void {
  const { input, outputs, state } = event;
  server.changedFrom = undefined;
  const wasLeader = server.role === 'leader';
  const termBefore = server.currentTerm;
  const expectedReply = carryOut(server, event, sent);
  if (state.standing.role === 'leader' && server.role !== 'leader') {
    // Whether a new leader appends a noop is its own choice (§8), so the step decides.
    server.becomeLeader(disk, { appendsNoop: state.log.lastIndex > server.log.lastIndex });
  }
  // A leader that hears no majority steps down (thesis 6.2); the model has no clock, so it may do so at any tick.
  const givesUp = wasLeader && input.kind === 'tick' && state.standing.role === 'follower';
  if (givesUp) server.giveUp();
  if (server.role === 'leader' && state.commitIndex > server.commitIndex) {
    server.commit(state.commitIndex, disk);
  }
  checkApplied(server, outputs);
  compare(server, state, server.changedFrom);
  if (outputs.persist !== undefined) written.apply(outputs.persist.batch);
  checkWritten(server, written);
  checkSnapshot(server, outputs);
  if (outputs.persist !== undefined) checkPersist(server, outputs.persist, outputs.sendAfterPersist);
  checkReply(askerOf(server, input), expectedReply, outputs);
  const isElection = server.role === 'candidate' && server.currentTerm > termBefore;
  checkSent(server, outputs, isElection);
}

function carryOut(
  server: ModelServer,
  { input, outputs, state }: StepEvent,
  sent: Set<string>,
): ExpectedReply | undefined {
  switch (input.kind) {
    case 'message': {
      const { from, message } = input;
      expectThat(
        sent.has(keyOf(from, server.me, message)),
        () => `server ${server.me} hears ${message.kind} from ${from}, which did not send it`,
      );
      server.isStaging = state.incoming?.isComplete === true;
      const isRefused = refusesVote(outputs) && state.currentTerm === server.currentTerm;
      const expected = server.hear(from, message, isRefused);
      if (message.kind === 'preVoteReply' && state.currentTerm > server.currentTerm)
        server.startElectionByPreVotes();
      return expected;
    }
    case 'propose':
      server.propose(input.commands);
      return undefined;
    case 'tick':
      if (state.currentTerm > server.currentTerm) server.startElection();
      return undefined;
    case 'compact':
      server.compact(input.lastIncludedIndex, input.data);
      return undefined;
    case 'staged':
      return outputs.persist?.batch.snapshot === undefined ? undefined : server.installStaged();
    case 'persisted':
    case 'unreachable':
    case 'read':
    case 'transfer':
      return undefined;
  }
}

function refusesVote({ sendAfterPersist }: Outputs): boolean {
  return sendAfterPersist.some(
    ({ message }) =>
      (message.kind === 'requestVoteReply' || message.kind === 'preVoteReply') && !message.reply.voteGranted,
  );
}

/** Rules for all servers, 1: committed entries are applied in order, and as they are in the log. */
function checkApplied(server: ModelServer, { apply }: Outputs): void {
  for (const applicable of apply) {
    if (applicable.kind === 'snapshot') {
      const { lastIncludedIndex } = applicable.snapshot;
      expectThat(
        lastIncludedIndex === server.log.baseIndex && lastIncludedIndex > server.lastApplied,
        () => `server ${server.me} applies a snapshot up to ${lastIncludedIndex} after ${server.lastApplied}`,
      );
      server.lastApplied = lastIncludedIndex;
      continue;
    }
    for (const [offset, entry] of applicable.entries.entries()) {
      const index = applicable.firstIndex + offset;
      const isNext = index === server.lastApplied + 1 && index <= server.commitIndex;
      expectThat(isNext && isSame(server.log, index, entry), () => {
        return `server ${server.me} applies ${index} of term ${entry.term}, after ${server.lastApplied}, with commitIndex ${server.commitIndex}`;
      });
      server.lastApplied = index;
    }
  }
}

function isSame(log: ModelLog, index: number, entry: Parameters<typeof modelEntry>[0]): boolean {
  const known = log.at(index);
  const { term, content } = modelEntry(entry);
  return known?.term === term && known.content === content;
}

/** The server is in the state of the model; its log is compared entry by entry from `changedFrom` on. */
function compare(server: ModelServer, state: RaftState, changedFrom: number | undefined): void {
  const { log, standing } = state;
  const facts: Array<[name: string, found: unknown, expected: unknown]> = [
    ['role', standing.role, server.role],
    ['currentTerm', state.currentTerm, server.currentTerm],
    ['votedFor', state.votedFor, server.votedFor],
    ['commitIndex', state.commitIndex, server.commitIndex],
    ['lastApplied', state.lastApplied, server.lastApplied],
    ['snapshot index', log.lastIncludedIndex, server.log.baseIndex],
    ['snapshot term', log.lastIncludedTerm, server.log.baseTerm],
    ['last index', log.lastIndex, server.log.lastIndex],
    ['last term', log.lastTerm, server.log.lastTerm],
  ];
  if (standing.role === 'leader') {
    for (const [follower, { matchIndex }] of standing.progress) {
      facts.push([`matchIndex of ${follower}`, matchIndex, server.matchIndex.get(follower) ?? 0]);
    }
  }
  for (const [name, found, expected] of facts) {
    expectThat(
      found === expected,
      () => `server ${server.me} has ${name} ${String(found)}; expected ${String(expected)}`,
    );
  }
  if (standing.role === 'candidate') {
    const foreign = [...standing.votes].filter((voter) => voter !== server.me && !server.votes.has(voter));
    expectThat(foreign.length === 0, () => `server ${server.me} counts votes of ${foreign.join(', ')}`);
  }
  if (changedFrom === undefined) return;
  for (const [offset, entry] of log.slice(changedFrom, log.lastIndex).entries()) {
    const index = changedFrom + offset;
    expectThat(
      isSame(server.log, index, entry),
      () => `server ${server.me} has an entry ${index} that differs from the model`,
    );
  }
}

/** All state that must survive a crash was passed to storage in the step that changed it. */
function checkWritten(
  { me, currentTerm, votedFor, log, changedFrom }: ModelServer,
  written: ModelDisk,
): void {
  const isState = written.currentTerm === currentTerm && written.votedFor === votedFor;
  expectThat(isState, () => {
    return `server ${me} is in term ${currentTerm}, vote ${votedFor}; storage received ${written.currentTerm}, ${written.votedFor}`;
  });
  const { baseIndex, lastIndex, lastTerm } = written.log;
  const isLog = baseIndex === log.baseIndex && lastIndex === log.lastIndex && lastTerm === log.lastTerm;
  expectThat(isLog, () => {
    return `server ${me} has entries ${log.baseIndex}..${log.lastIndex}; storage received ${baseIndex}..${lastIndex}`;
  });
  if (changedFrom === undefined) return;
  for (let index = Math.max(changedFrom, baseIndex + 1); index <= lastIndex; index += 1) {
    const [here, there] = [log.at(index), written.log.at(index)];
    expectThat(
      here?.term === there?.term && here?.content === there?.content,
      () => `server ${me} has an entry ${index} that differs from the one that storage received`,
    );
  }
}

/** A stored snapshot has the content that the service gave it, on whatever server and in however many chunks. */
function checkSnapshot({ me, snapshots }: ModelServer, { persist }: Outputs): void {
  const snapshot = persist?.batch.snapshot;
  if (snapshot === undefined) return;
  const known = snapshots.get(snapshot.lastIncludedIndex);
  expectThat(
    known !== undefined && Buffer.compare(known, snapshot.data) === 0,
    () => `server ${me} stores another snapshot up to ${snapshot.lastIncludedIndex} than it has`,
  );
}

/** A write proves the server's state after the step, and waits for the end of the turn only if no message depends on it. */
function checkPersist(
  { me, currentTerm, log }: ModelServer,
  { proves, mayWait, batch }: Persist,
  waiting: readonly Envelope[],
): void {
  const { lastIndex, lastTerm } = log;
  const isRight =
    proves.currentTerm === currentTerm &&
    proves.lastLogIndex === lastIndex &&
    proves.lastLogTerm === lastTerm;
  expectThat(isRight, () => {
    return `server ${me} has term ${currentTerm} and a log up to ${lastIndex}/${lastTerm}; its write proves ${JSON.stringify(proves)}`;
  });
  const isAppend = batch.hardState === undefined && batch.snapshot === undefined;
  expectThat(
    !mayWait || (isAppend && waiting.length === 0),
    () => `server ${me} delays a write that a message depends on`,
  );
}

/** Who waits for an answer to the input: its sender, or the leader whose snapshot is stored now. */
function askerOf({ partial }: ModelServer, input: Input): ServerId | undefined {
  if (input.kind === 'message') return input.from;
  return input.kind === 'staged' ? partial?.chunks.at(-1)?.leaderId : undefined;
}

/** A request gets exactly one reply, which the rules determine and which waits for storage; other inputs get none. */
function checkReply(
  asker: ServerId | undefined,
  expected: ExpectedReply | undefined,
  outputs: Outputs,
): void {
  // A read of another server is answered later than in the step that asks for it.
  const isReply = ({ message }: Envelope): boolean => 'reply' in message && message.kind !== 'readIndexReply';
  expectThat(!outputs.send.some(isReply), () => 'a reply does not wait for storage');
  const replies = outputs.sendAfterPersist.filter(isReply);
  const [reply] = replies;
  if (expected === undefined) {
    expectThat(reply === undefined, () => 'a reply without a request');
    return;
  }
  expectThat(
    replies.length === 1 && reply !== undefined && reply.to === asker && isExpected(reply.message, expected),
    () => `the reply is ${JSON.stringify(reply?.message)}; expected ${JSON.stringify(expected)}`,
  );
}

function isExpected(message: Message, expected: ExpectedReply): boolean {
  if (message.kind !== expected.kind || !('reply' in message)) return false;
  const { reply } = message;
  if (reply.term !== expected.term) return false;
  if (expected.kind === 'timeoutNowReply') return true;
  if ('voteGranted' in expected) return 'voteGranted' in reply && reply.voteGranted === expected.voteGranted;
  if (!('round' in reply) || reply.round !== expected.round) return false;
  if (expected.kind === 'confirmLeaderReply') return true;
  if (message.kind === 'installSnapshotReply' && expected.kind === 'installSnapshotReply') {
    const { lastIncludedIndex, offset } = message.reply;
    if (lastIncludedIndex !== expected.lastIncludedIndex || offset !== expected.offset) return false;
  }
  const matchIndex = 'matchIndex' in reply ? reply.matchIndex : undefined;
  return matchIndex === expected.matchIndex;
}

function nameOf(input: Input): string {
  return input.kind === 'message' ? `${input.message.kind} from ${input.from}` : input.kind;
}

/** Equal for equal messages with the same sender and receiver. */
function keyOf(from: ServerId, to: ServerId, message: Message): string {
  const text = JSON.stringify(message, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  return `${from} to ${to}: ${text}`;
}

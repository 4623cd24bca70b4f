// One RaftCore whose environment (time, storage and the other servers) is controlled by a test. Outputs are described as short
// lines of text, so that a failed comparison is readable.
import {
  RaftCore,
  type Candidate,
  type DurablePoint,
  type Envelope,
  type Follower,
  type Input,
  type Leader,
  type Outputs,
  type Progress,
  type RaftConfig,
  type RaftState,
} from '@raftlab/raft-core';
import { completeConfig } from '#src/core/config';
import {
  CommandEntry,
  Membership,
  type AppendEntriesArgs,
  type LogEntry,
  type Snapshot,
  messageOf,
  type Message,
} from '@raftlab/protocol';
import { Random } from '@raftlab/runtime';

/** Round numbers and no randomness: the election timeout is 1000 ms after the last reset. */
export const testConfig: Partial<RaftConfig> = {
  electionTimeoutMinMs: 1000,
  electionTimeoutMaxMs: 1000,
  heartbeatIntervalMs: 100,
  preVote: false,
};

/** In a reply that a test makes: the round of the last message to the server that answers. */
export const latestRound: number = Number.MAX_SAFE_INTEGER;

export interface Given {
  readonly me?: number;
  /** This many voters, from 0 on; for any other membership use `membership`. */
  readonly serverCount?: number;
  readonly membership?: Membership;
  /** The terms of the entries in the log (after the snapshot). */
  readonly terms?: readonly number[];
  /** `[lastIncludedIndex, lastIncludedTerm]`. */
  readonly snapshot?: readonly [index: number, term: number];
  /** By default the term of the last entry. */
  readonly currentTerm?: number;
  readonly votedFor?: number | null;
  readonly config?: Partial<RaftConfig>;
  /** Whether the storage stores the bytes of snapshots ahead. */
  readonly stagesSnapshots?: boolean;
  readonly seed?: number;
}

/** Entries of these terms. Commands differ by index and term, so that mixed-up entries are detected. */
export function entriesOf(terms: readonly number[], firstIndex = 1): LogEntry[] {
  return terms.map((term, offset) => new CommandEntry(term, Uint8Array.of(firstIndex + offset, term)));
}

export function snapshotOf([lastIncludedIndex, lastIncludedTerm]: readonly [number, number]): Snapshot {
  return { lastIncludedIndex, lastIncludedTerm, data: Uint8Array.of(0xff, lastIncludedIndex) };
}

export class DrivenCore {
  readonly core: RaftCore;
  now = 0;
  /** The point that the last write proves; initially, that storage contains the initial state. */
  #proven: DurablePoint;

  constructor({
    me = 0,
    serverCount = 3,
    membership = Membership.ofSize(serverCount),
    terms = [],
    snapshot,
    currentTerm,
    votedFor = null,
    config,
    stagesSnapshots = false,
    seed = 1,
  }: Given) {
    const firstIndex = (snapshot?.[0] ?? 0) + 1;
    this.core = RaftCore.begin({
      me,
      membership,
      config: completeConfig({ ...testConfig, ...config }),
      random: Random.fromSeed(seed),
      stagesSnapshots,
      stored: {
        hardState: { currentTerm: currentTerm ?? terms.at(-1) ?? snapshot?.[1] ?? 0, votedFor },
        snapshot: snapshot && snapshotOf(snapshot),
        entries: entriesOf(terms, firstIndex),
      },
      now: this.now,
    });
    const { log } = this.state;
    this.#proven = {
      currentTerm: this.state.currentTerm,
      lastLogIndex: log.lastIndex,
      lastLogTerm: log.lastTerm,
    };
  }

  get state(): RaftState {
    return this.core.state;
  }

  step(input: Input): Outputs {
    const outputs = this.core.step(input, this.now);
    this.#proven = outputs.persist?.proves ?? this.#proven;
    return outputs;
  }

  receive(from: number, message: Message): Outputs {
    return this.step({ kind: 'message', from, message: this.#withRound(from, message) });
  }

  /** A reply that answers `latestRound` answers the last message to that server. */
  #withRound(from: number, message: Message): Message {
    const isAboutLatest =
      (message.kind === 'appendEntriesReply' || message.kind === 'installSnapshotReply') &&
      message.reply.round === latestRound;
    if (!isAboutLatest) return message;
    const { standing } = this.state;
    const ticket = standing.role === 'leader' ? standing.progress.get(from)?.ticket : undefined;
    return messageOf(message.kind, { ...message.reply, round: ticket ?? 1 });
  }

  tick(): Outputs {
    return this.step({ kind: 'tick' });
  }

  tickAt(now: number): Outputs {
    this.now = now;
    return this.tick();
  }

  propose(...values: readonly number[]): Outputs {
    return this.step({ kind: 'propose', commands: values.map((value) => Uint8Array.of(value)) });
  }

  /** All batches that were returned to be persisted are durable. */
  persisted(): Outputs {
    return this.step({ kind: 'persisted', ...this.#proven });
  }

  /** Lets an election timeout pass; the server starts an election, and its own vote is durable. */
  campaign(): Outputs {
    const { standing } = this.state;
    if (standing.role === 'leader') throw new Error('a leader does not campaign');
    const outputs = this.tickAt(standing.electionDeadline);
    this.persisted();
    return outputs;
  }

  get follower(): Follower {
    const { standing } = this.state;
    if (standing.role !== 'follower') throw new Error(`expected a follower, not a ${standing.role}`);
    return standing;
  }

  get candidate(): Candidate {
    const { standing } = this.state;
    if (standing.role !== 'candidate') throw new Error(`expected a candidate, not a ${standing.role}`);
    return standing;
  }

  get leader(): Leader {
    const { standing } = this.state;
    if (standing.role !== 'leader') throw new Error(`expected a leader, not a ${standing.role}`);
    return standing;
  }

  progress(server: number): Progress {
    const progress = this.leader.progress.get(server);
    if (progress === undefined) throw new Error(`no progress of server ${server}`);
    return progress;
  }

  /** Role, term, vote and log in one line, e.g. `follower t2 voted 1: 1 1 2 | commit 2`. */
  get summary(): string {
    const { standing, currentTerm, votedFor, commitIndex } = this.state;
    return `${standing.role} t${currentTerm} voted ${votedFor ?? '-'}: ${this.logText} | commit ${commitIndex}`;
  }

  /** The entries of the log, e.g. `1 1 2:noop`, or `[5/1] 2` after a snapshot. */
  get logText(): string {
    const { log } = this.state;
    const terms: string[] =
      log.lastIncludedIndex === 0 ? [] : [`[${log.lastIncludedIndex}/${log.lastIncludedTerm}]`];
    for (let index = log.lastIncludedIndex + 1; index <= log.lastIndex; index += 1) {
      const entry = log.entryAt(index);
      terms.push(entry === undefined ? 'missing' : entryText(entry));
    }
    return terms.join(' ');
  }
}

/** A server that has just won the election of the term after `currentTerm`, and has not sent anything yet. */
export function leaderOf(given: Given): DrivenCore {
  const driven = new DrivenCore(given);
  driven.campaign();
  const { me, membership, currentTerm } = driven.state;
  for (const from of membership.voters) {
    if (from !== me && driven.state.standing.role !== 'leader') driven.receive(from, granted(currentTerm));
  }
  if (driven.state.standing.role !== 'leader') throw new Error(`the election failed: ${driven.summary}`);
  return driven;
}

/** A leader whose followers have all acknowledged its first heartbeat, so that it replicates to each. */
export function replicatingLeaderOf(given: Given): DrivenCore {
  const driven = leaderOf(given);
  driven.tick();
  const { lastIndex } = driven.state.log;
  for (const follower of driven.leader.progress.keys())
    driven.receive(follower, ack(driven.state.currentTerm, lastIndex));
  driven.tick();
  return driven;
}

/** A leader of term 2 with the log `1 2 2 2`: three entries are committed and in its snapshot, and server 1 has acknowledged nothing. */
export function compactedLeader(config: Partial<RaftConfig>, data: Uint8Array): DrivenCore {
  const driven = leaderOf({ terms: [1], config });
  driven.tick();
  driven.receive(2, ack(2, 1));
  driven.propose(1, 2, 3);
  driven.tick();
  driven.persisted();
  driven.receive(2, ack(2, 4));
  driven.tick();
  driven.step({ kind: 'compact', lastIncludedIndex: 3, data });
  return driven;
}

// ---- messages ----

/** `last` is `[lastLogIndex, lastLogTerm]`. */
export function requestVote(
  candidateId: number,
  term: number,
  last: readonly [number, number] = [0, 0],
): Message {
  return { kind: 'requestVote', args: { term, candidateId, lastLogIndex: last[0], lastLogTerm: last[1] } };
}

/** `last` is `[lastLogIndex, lastLogTerm]`; `term` is that of the election which the candidate would begin. */
export function preVote(
  candidateId: number,
  term: number,
  last: readonly [number, number] = [0, 0],
): Message {
  return { kind: 'preVote', args: { term, candidateId, lastLogIndex: last[0], lastLogTerm: last[1] } };
}

/** The grant names the term that was asked for. */
export function preGranted(term: number): Message {
  return { kind: 'preVoteReply', reply: { term, voteGranted: true } };
}

/** The refusal names the term that the voter is in. */
export function preRefused(term: number): Message {
  return { kind: 'preVoteReply', reply: { term, voteGranted: false } };
}

/** A request for votes that the leader has asked for. */
export function transferVote(
  candidateId: number,
  term: number,
  last: readonly [number, number] = [0, 0],
): Message {
  const args = { term, candidateId, lastLogIndex: last[0], lastLogTerm: last[1], isTransfer: true } as const;
  return { kind: 'requestVote', args };
}

/** The confirmation of a round; round 0 refuses. */
export function confirmed(term: number, round: number): Message {
  return { kind: 'confirmLeaderReply', reply: { term, round } };
}

export function confirmLeader(term: number, round: number, leaderId = 1): Message {
  return { kind: 'confirmLeader', args: { term, leaderId, round } };
}

export function readIndex(readerId: number, term: number, readId: number): Message {
  return { kind: 'readIndex', args: { term, readerId, readId } };
}

/** Index 0 refuses. */
export function readIndexReply(term: number, readId: number, index: number): Message {
  return { kind: 'readIndexReply', reply: { term, readId, readIndex: index } };
}

export function timeoutNow(term: number, leaderId = 1): Message {
  return { kind: 'timeoutNow', args: { term, leaderId } };
}

export function granted(term: number): Message {
  return { kind: 'requestVoteReply', reply: { term, voteGranted: true } };
}

export function notGranted(term: number): Message {
  return { kind: 'requestVoteReply', reply: { term, voteGranted: false } };
}

export interface Append {
  readonly term: number;
  /** `[prevLogIndex, prevLogTerm]`. */
  readonly after?: readonly [number, number];
  readonly terms?: readonly number[];
  /** Instead of `terms`, for entries that are not all commands. */
  readonly entries?: readonly LogEntry[];
  readonly commit?: number;
  readonly leaderId?: number;
  readonly round?: number;
}

export function appendEntries({
  term,
  after = [0, 0],
  terms = [],
  entries = entriesOf(terms, after[0] + 1),
  commit = 0,
  leaderId = 1,
  round = 1,
}: Append): Message {
  const args: AppendEntriesArgs = {
    term,
    leaderId,
    prevLogIndex: after[0],
    prevLogTerm: after[1],
    entries,
    leaderCommit: commit,
    round,
  };
  return { kind: 'appendEntries', args };
}

export function ack(term: number, matchIndex: number, round: number = latestRound): Message {
  return { kind: 'appendEntriesReply', reply: { term, success: true, matchIndex, round } };
}

/** `conflict` is `[conflictTerm, conflictIndex]`. Without one it refuses a request of an earlier term. */
export function refusal(
  term: number,
  prevLogIndex: number,
  conflict: readonly [number, number],
  round: number = latestRound,
): Message {
  const [conflictTerm, conflictIndex] = conflict;
  const answers = conflictIndex === 0 ? 0 : round;
  return {
    kind: 'appendEntriesReply',
    reply: { term, success: false, prevLogIndex, conflictTerm, conflictIndex, round: answers },
  };
}

/** `snapshot` is `[lastIncludedIndex, lastIncludedTerm]`; `chunk` is `[offset, end]`, the whole snapshot by default. */
export function installSnapshot(
  term: number,
  snapshot: readonly [number, number],
  {
    leaderId = 1,
    chunk,
    round = 1,
  }: { leaderId?: number; chunk?: readonly [number, number]; round?: number } = {},
): Message {
  const { data, ...last } = snapshotOf(snapshot);
  const [offset, end] = chunk ?? [0, data.length];
  const part = { sizeBytes: data.length, offset, data: data.slice(offset, end) };
  return { kind: 'installSnapshot', args: { term, leaderId, ...last, ...part, round } };
}

/** The follower has the whole snapshot; 0 answers a request of an earlier term. */
export function snapshotAck(term: number, matchIndex: number, round: number = latestRound): Message {
  const answers = matchIndex === 0 ? 0 : round;
  const body = { term, matchIndex, lastIncludedIndex: matchIndex, offset: 2, round: answers };
  return { kind: 'installSnapshotReply', reply: body };
}

/** The follower has the snapshot up to `offset`. */
export function partAck(
  term: number,
  { index, offset, round = latestRound }: { index: number; offset: number; round?: number },
): Message {
  const body = { term, matchIndex: 0, lastIncludedIndex: index, offset, round };
  return { kind: 'installSnapshotReply', reply: body };
}

// ---- outputs, as text ----

/** The term of the entry, and its kind if it is not a command: `2`, `2:noop`. */
export function entryText({ term, kind }: LogEntry): string {
  return kind === 'command' ? String(term) : `${term}:${kind}`;
}

/** How reads have ended, e.g. `1 at 3`, `2 no-leader`. */
export function readsOf({ reads }: Outputs): string[] {
  return reads.map((each) => `${each.id} ${each.kind === 'ready' ? `at ${each.readIndex}` : each.reason}`);
}

/** Every message of the outputs: `1: ...` leaves at once, `1 once durable: ...` waits for the persist. */
export function said({ send, sendAfterPersist }: Outputs): string[] {
  return [
    ...send.map(({ to, message }) => `${to}: ${describe(message)}`),
    ...sendAfterPersist.map(({ to, message }) => `${to} once durable: ${describe(message)}`),
  ];
}

export function describe(message: Message): string {
  if (message.kind === 'requestVote') {
    const { term, lastLogIndex, lastLogTerm, isTransfer } = message.args;
    return `RequestVote t${term} last ${lastLogIndex}/${lastLogTerm}${isTransfer === true ? ' transfer' : ''}`;
  }
  if (message.kind === 'preVote') {
    const { term, lastLogIndex, lastLogTerm } = message.args;
    return `PreVote t${term} last ${lastLogIndex}/${lastLogTerm}`;
  }
  if (message.kind === 'preVoteReply') {
    return `pre-vote t${message.reply.term} ${message.reply.voteGranted ? 'granted' : 'refused'}`;
  }
  if (message.kind === 'requestVoteReply') {
    return `vote t${message.reply.term} ${message.reply.voteGranted ? 'granted' : 'refused'}`;
  }
  if (message.kind === 'appendEntries') {
    const { term, prevLogIndex, prevLogTerm, entries, leaderCommit } = message.args;
    const terms = entries.map(entryText).join(' ');
    return `AppendEntries t${term} after ${prevLogIndex}/${prevLogTerm} [${terms}] commit ${leaderCommit}`;
  }
  if (message.kind === 'appendEntriesReply') {
    const { reply } = message;
    return reply.success
      ? `ack t${reply.term} match ${reply.matchIndex}`
      : `refusal t${reply.term} of ${reply.prevLogIndex}, conflict t${reply.conflictTerm} from ${reply.conflictIndex}`;
  }
  if (message.kind === 'installSnapshot') {
    const { term, lastIncludedIndex, lastIncludedTerm, offset, data, sizeBytes } = message.args;
    const isWhole = data.length === sizeBytes;
    const part = isWhole ? '' : ` bytes ${offset} to ${offset + data.length} of ${sizeBytes}`;
    return `InstallSnapshot t${term} up to ${lastIncludedIndex}/${lastIncludedTerm}${part}`;
  }
  if (message.kind !== 'installSnapshotReply') return describeService(message);
  const { term, matchIndex, lastIncludedIndex, offset, round } = message.reply;
  if (matchIndex === 0 && round > 0)
    return `snapshot t${term} up to ${lastIncludedIndex} stored to ${offset}`;
  return `snapshot ack t${term} match ${matchIndex}`;
}

/** What services need beside the log: reads and transfers. */
function describeService(message: Message): string {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others are described above
  switch (message.kind) {
    case 'confirmLeader':
      return `confirm t${message.args.term} round ${message.args.round}`;
    case 'confirmLeaderReply':
      return `confirmed t${message.reply.term} round ${message.reply.round}`;
    case 'readIndex':
      return `ReadIndex t${message.args.term} read ${message.args.readId}`;
    case 'readIndexReply':
      return `read ${message.reply.readId} t${message.reply.term} at ${message.reply.readIndex}`;
    case 'timeoutNow':
      return `TimeoutNow t${message.args.term}`;
    case 'timeoutNowReply':
      return `taken over t${message.reply.term}`;
    default:
      return message.kind;
  }
}

/** The batch to persist, e.g. `t2 vote 1; snapshot 5/1; from 3: 2 2`, or `nothing`. */
export function persists({ persist }: Outputs): string {
  if (persist === undefined) return 'nothing';
  const { hardState, snapshot, log } = persist.batch;
  const parts: string[] = [];
  if (hardState !== undefined) parts.push(`t${hardState.currentTerm} vote ${hardState.votedFor ?? '-'}`);
  if (snapshot !== undefined)
    parts.push(`snapshot ${snapshot.lastIncludedIndex}/${snapshot.lastIncludedTerm}`);
  if (log !== undefined) parts.push(`from ${log.firstIndex}: ${log.entries.map(entryText).join(' ')}`.trim());
  return parts.join('; ');
}

/** The messages to the service, e.g. `3 4`, or `snapshot 5`. */
export function applies({ apply }: Outputs): string {
  return apply
    .map((each) =>
      each.kind === 'snapshot'
        ? `snapshot ${each.snapshot.lastIncludedIndex}`
        : each.entries.map((_, offset) => each.firstIndex + offset).join(' '),
    )
    .join(' ');
}

/** The one envelope to this server. */
export function envelopeTo(outputs: Outputs, server: number): Envelope {
  const found = [...outputs.send, ...outputs.sendAfterPersist].filter(({ to }) => to === server);
  const [envelope] = found;
  if (envelope === undefined || found.length > 1) {
    throw new Error(`expected one message to ${server} among: ${said(outputs).join('; ')}`);
  }
  return envelope;
}

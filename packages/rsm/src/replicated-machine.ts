// A state machine on a Raft peer: it proposes commands, executes what is committed, and gives each result to the call that waits
// for it. Synchronous inside: between reading Raft's state and acting on it there is no await.
import { appliedIndexOf, type ApplyMsg, type LogIndex, type Term } from '@raftlab/protocol';
import type { LogPosition } from '@raftlab/raft-core';
import type { Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { logCommandCodec, type LogCommand, type SessionId, type SessionPoint } from './log-command.ts';
import {
  defaultCommandBytesMax,
  defaultPendingMax,
  defaultSessionsMax,
  leadershipCheckMs,
  type ReplicatedOptions,
} from './options.ts';
import type { Peer, PeerReadIndex, PeerStart } from './peer.ts';
import { PendingReads } from './pending-reads.ts';
import { SessionMachine, type Outcome } from './session-machine.ts';
import { atOnceMaxBytes, SnapshotTaker } from './snapshot-taker.ts';
import { SnapshotTrigger } from './snapshots.ts';
import { refused, type Refusal, type Submission } from './submission.ts';
import { Waiters } from './waiters.ts';

/**
 * What a read guarantees.
 *
 * - `linearizable`: the answer contains every command that had ended, on any server, when the read began (thesis 6.4).
 * - `lease`: the same as long as clocks run at about equal speed; cheaper where the peer supports it, and otherwise equal to
 *   `linearizable`.
 * - `local`: the state of this server, which may be arbitrarily old. Works on every server.
 */
export type ReadLevel = 'linearizable' | 'lease' | 'local';

/** One server's copy of a replicated service. */
export class ReplicatedStateMachine<Command, Result, Query, Answer> {
  readonly #options: ReplicatedOptions<Command, Result, Query, Answer>;
  readonly #machine: SessionMachine<Command, Result, Query, Answer>;
  readonly #peer: Peer;
  readonly #waiters = new Waiters<Outcome<Result>>();
  readonly #reads = new PendingReads();
  readonly #trigger: SnapshotTrigger;
  readonly #taker: SnapshotTaker;
  #leadershipTimer: Timer | undefined;
  /** The peer has reported its leadership once, so it reports every change. */
  #isPeerReporting = false;
  #isStopped = false;

  /**
   * Restores the service from the stored snapshot, then makes the peer. Throws a RangeError for a bound that makes no sense, a
   * CodecError for a snapshot of something else, and what `makePeer` throws.
   */
  constructor(options: ReplicatedOptions<Command, Result, Query, Answer>) {
    this.#options = options;
    for (const name of ['sessionsMax', 'pendingMax', 'commandBytesMax'] as const) {
      const bound = options[name] ?? 1;
      if (!(Number.isSafeInteger(bound) && bound >= 1))
        throw new RangeError(`${name} must be a positive integer, got ${bound}.`);
    }
    this.#machine = new SessionMachine(options.machine, options);
    this.#trigger = new SnapshotTrigger(options.snapshots);
    this.#taker = new SnapshotTaker(options.clock);
    const { snapshot } = options;
    if (snapshot !== undefined && snapshot.length > 0) this.#machine.restore(snapshot);
    this.#peer = options.makePeer(
      (message) => this.#onApply(message),
      (ledTerm) => this.#onLeadership(ledTerm),
    );
  }

  /** The peer below, for its status. */
  get peer(): Peer {
    return this.#peer;
  }

  /** The last entry of the log that the state of this server contains; index 0 before the first one. */
  get lastApplied(): LogPosition {
    return this.#machine.lastApplied;
  }

  /** Submissions and reads that have not ended. */
  get pendingCount(): number {
    return this.#waiters.size + this.#reads.size;
  }

  /**
   * Proposes a command and resolves when it was executed here, or with a refusal that says whether it may still be. With a
   * session it is executed once, however often it is submitted. Never rejects; throws CodecError, and changes nothing, for
   * a command that cannot be encoded.
   */
  submit(command: Command, session?: SessionPoint): Promise<Submission<Result>> {
    const encoded = this.#options.commandCodec.encode(command);
    const maxBytes = this.#options.commandBytesMax ?? defaultCommandBytesMax;
    if (encoded.length > maxBytes)
      return Promise.resolve(refused({ kind: 'TooLarge', sizeBytes: encoded.length, maxBytes }));
    const entry: LogCommand =
      session === undefined
        ? { kind: 'plain', command: encoded }
        : { kind: 'session', session: session.session, sequence: session.sequence, command: encoded };
    return this.#propose(entry, resultOf);
  }

  /** Opens a session, for the commands of one client that submits them one after another. The least recently used one may go. */
  openSession(): Promise<Submission<SessionId>> {
    const { sessionsMax = defaultSessionsMax } = this.#options;
    return this.#propose({ kind: 'open', sessionsMax }, sessionOf);
  }

  /**
   * Reads the service. A server that does not lead asks the leader where its peer can. A read that is refused, for any reason, can
   * be tried again. Rejects with what the service's `query` throws.
   */
  async read(query: Query, level: ReadLevel = 'linearizable'): Promise<Submission<Answer>> {
    if (this.#isStopped) return refused({ kind: 'Stopped' });
    if (level === 'local') return this.#answer(query);
    const { pendingMax = defaultPendingMax } = this.#options;
    if (this.pendingCount >= pendingMax) return refused({ kind: 'Busy', pendingMax });
    const { isLeader, term } = this.#peer.getState();
    // A leader knows what is committed once it has committed an entry of its own term (thesis 6.4): this read sees to it.
    const needsEntry = isLeader && this.lastApplied.term !== term;
    if (this.#peer.readIndex === undefined || needsEntry)
      return this.#propose({ kind: 'barrier' }, (passed) => (passed.ok ? this.#answer(query) : passed));
    this.#reads.onAsk();
    const confirmed = await this.#peer.readIndex({ avoidsLease: level === 'linearizable' });
    this.#reads.onAnswer();
    if (this.#isStopped) return refused({ kind: 'Stopped' });
    if (!confirmed.ok) return refused(this.#readRefusalOf(confirmed));
    if (confirmed.index <= this.lastApplied.index) return this.#answer(query);
    return this.#readOnceApplied(query, confirmed.index);
  }

  #readOnceApplied(query: Query, index: LogIndex): Promise<Submission<Answer>> {
    return new Promise((resolve, reject) => {
      this.#reads.add(index, (outcome) => {
        if (outcome === 'stopped') {
          resolve(refused({ kind: 'Stopped' }));
          return;
        }
        try {
          resolve(this.#answer(query));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #answer(query: Query): Submission<Answer> {
    return { ok: true, result: this.#machine.query(query), at: this.lastApplied };
  }

  /** Stops at once: pending submissions end as unknown. Idempotent. */
  kill(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#peer.kill();
    this.#taker.abandon();
    this.#leadershipTimer?.cancel();
    this.#leadershipTimer = undefined;
    this.#waiters.onStop();
    this.#reads.onStop();
  }

  /** Stops as `kill`, and resolves when the peer has released its storage, so that it can be opened again. Idempotent. */
  async stop(): Promise<void> {
    this.kill();
    await this.#peer.stop?.();
  }

  // ---- proposals ----

  #propose<Value>(
    entry: LogCommand,
    valueOf: (submission: Submission<Outcome<Result>>) => Submission<Value>,
  ): Promise<Submission<Value>> {
    if (this.#isStopped) return Promise.resolve(refused({ kind: 'Stopped' }));
    const { pendingMax = defaultPendingMax } = this.#options;
    if (this.pendingCount >= pendingMax) return Promise.resolve(refused({ kind: 'Busy', pendingMax }));
    const bytes = logCommandCodec.encode(entry);
    const started = this.#peer.start(bytes);
    const { isLeader, index, term } = started;
    if (!isLeader) return Promise.resolve(refused(this.#refusalOf(started, bytes)));
    assert(index !== undefined && index >= 1, () => `a leader has put a command at index ${index}`);
    return new Promise((resolve, reject) => {
      this.#waiters.add({ index, term }, (submission) => {
        try {
          resolve(valueOf(submission));
        } catch (error) {
          reject(error);
        }
      });
      this.#watchLeadership();
    });
  }

  #refusalOf({ reason }: PeerStart, bytes: Uint8Array): Refusal {
    switch (reason) {
      case 'busy':
      case 'transferring':
        return { kind: 'Busy' };
      case 'too-large':
        return { kind: 'TooLarge', sizeBytes: bytes.length };
      case 'killed':
      case 'stopped':
        return { kind: 'Stopped' };
      case undefined:
      default:
        return this.#notLeader();
    }
  }

  #readRefusalOf({ reason }: Extract<PeerReadIndex, { ok: false }>): Refusal {
    if (reason === 'busy') return { kind: 'Busy' };
    return reason === 'killed' || reason === 'stopped' ? { kind: 'Stopped' } : this.#notLeader();
  }

  #notLeader(): Refusal {
    const leader = this.#peer.status?.().leaderId ?? undefined;
    return leader === undefined ? { kind: 'NotLeader' } : { kind: 'NotLeader', leader };
  }

  /** Without it a deposed leader's submissions would wait for an entry. */
  #onLeadership(ledTerm: Term | undefined): void {
    if (this.#isStopped) return;
    this.#isPeerReporting = true;
    this.#waiters.onLeadership(ledTerm);
  }

  /** Looks regularly, as long as something is pending, at a peer that does not report its leadership. */
  #watchLeadership(): void {
    if (this.#isPeerReporting || this.#leadershipTimer !== undefined || this.#waiters.size === 0) return;
    this.#leadershipTimer = this.#options.clock.setTimer(leadershipCheckMs, () => {
      this.#leadershipTimer = undefined;
      const { isLeader, term } = this.#peer.getState();
      this.#waiters.onLeadership(isLeader ? term : undefined);
      this.#watchLeadership();
    });
  }

  // ---- the apply channel ----

  /** Returns a promise for a large snapshot, which is installed in many turns: the next message waits. */
  #onApply(message: ApplyMsg<Uint8Array>): void | Promise<void> {
    if (this.#isStopped) return undefined;
    const index = appliedIndexOf(message);
    assert(index > this.lastApplied.index, () => `${index} is applied after ${this.lastApplied.index}`);
    if (message.snapshotValid) return this.#install(message.snapshot, index);
    const at = { index, term: message.commandValid ? message.commandTerm : message.noopTerm };
    let outcome: Outcome<Result> = { kind: 'nothing' };
    if (message.commandValid) outcome = this.#machine.apply(logCommandCodec.decode(message.command), at);
    else this.#machine.skip(at);
    this.#waiters.onApplied(at, outcome);
    this.#reads.onApplied(index);
    const isDue = this.#trigger.isDueAfter(message.commandValid ? message.command.length : 0);
    if (isDue && !this.#isTakingSnapshot) this.#takeSnapshot();
    return undefined;
  }

  #install(snapshot: Uint8Array, index: LogIndex): void | Promise<void> {
    // What it covers, the new one does, too.
    this.#taker.abandon();
    if (snapshot.length >= atOnceMaxBytes) return this.#installInTurns(snapshot, index);
    this.#machine.restore(snapshot);
    this.#onInstalled(index);
    return undefined;
  }

  async #installInTurns(snapshot: Uint8Array, index: LogIndex): Promise<void> {
    for (const _ of this.#machine.restoreSteps(snapshot)) {
      await this.#options.clock.breathe();
      if (this.#isStopped) return;
    }
    this.#onInstalled(index);
  }

  #onInstalled(index: LogIndex): void {
    assert(this.lastApplied.index === index, () => `a snapshot of ${this.lastApplied.index} for ${index}`);
    this.#trigger.onSnapshot();
    this.#waiters.onSnapshot(this.lastApplied);
    this.#reads.onApplied(index);
  }

  get #isTakingSnapshot(): boolean {
    return this.#taker.isBusy || this.#peer.isStoringSnapshot === true;
  }

  #takeSnapshot(): void {
    const { index } = this.lastApplied;
    assert(index >= 1, 'a snapshot is taken after an entry was executed');
    this.#trigger.onSnapshot();
    this.#taker.take(this.#machine.snapshotPieces(), (data) => this.#peer.snapshot(index, data));
  }
}

/** The end of a command. */
function resultOf<Result>(submission: Submission<Outcome<Result>>): Submission<Result> {
  if (!submission.ok) return submission;
  const { result: outcome, at } = submission;
  switch (outcome.kind) {
    case 'result':
      return { ok: true, result: outcome.result, at };
    case 'expired':
      return refused({ kind: 'SessionExpired' });
    case 'superseded':
      return refused({ kind: 'Superseded' });
    case 'opened':
    case 'nothing':
      throw new Error(`a command at index ${at.index} has the outcome ${outcome.kind} of another entry`);
  }
}

/** The end of the opening of a session. */
function sessionOf<Result>(submission: Submission<Outcome<Result>>): Submission<SessionId> {
  if (!submission.ok) return submission;
  const { result: outcome, at } = submission;
  assert(outcome.kind === 'opened', () => `a session at index ${at.index} has the outcome ${outcome.kind}`);
  return { ok: true, result: outcome.session, at };
}

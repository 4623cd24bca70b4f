// The peer around the core: it owns one RaftCore and its driver, the storage queue, the apply queue and the wake-ups. Its
// whole job is order. What it never does: await anything between reading Raft's state and acting on it.
import { BatchError, type StoredState } from '@raftlab/storage';
import {
  isRequest,
  senderOf,
  type LogIndex,
  type Message,
  type ServerId,
  type Term,
} from '@raftlab/protocol';
import { isServiceBehind, ProposalGate, withoutEntries } from './admission.ts';
import { Alarms } from './alarms.ts';
import { ApplyQueue } from './apply-queue.ts';
import { CommandPages } from './command-pages.ts';
import { assert } from '@raftlab/runtime/assert';
import { completeConfig, type RaftConfig } from './core/config.ts';
import type { Input } from './core/inputs.ts';
import type { Envelope, Persist } from './core/outputs.ts';
import { RaftCore } from './core/raft-core.ts';
import type { RaftState, Role } from './core/state.ts';
import { Counters } from './counters.ts';
import { Driver } from './driver.ts';
import { BadMessageError, checkLoaded, PeerStoppedError, SnapshotError, type StopKind } from './errors.ts';
import { Notifier } from './notifications.ts';
import type { RaftOptions } from './raft-options.ts';
import { ReadBatches, type ReadIndexOptions, type ReadIndexResult } from './read-batches.ts';
import { refusal, type RefusalReason, type StartResult } from './start-result.ts';
import { statusOf, type RaftStatus } from './status.ts';
import { StorageQueue } from './storage-queue.ts';
import { isThenable } from './thenable.ts';
import { Transfers, type TransferResult } from './transfers.ts';
import { WakeUps } from './wake-ups.ts';

/** The most messages that are kept while storage loads. More are dropped, as by a network. */
const earlyMessagesMax = 1024;

/** What a peer has once storage has returned what it contains. */
interface Running<Command> {
  readonly state: RaftState;
  readonly driver: Driver;
  readonly applyQueue: ApplyQueue<Command>;
}

/**
 * One server of a replicated log: it elects a leader with the others, replicates commands, and hands the committed ones to
 * its service, in the same order on every server. Everything that it does begins with a call of one of its methods, of its
 * clock or of its storage; none of them waits.
 */
export class Raft<Command = unknown> {
  readonly #options: RaftOptions<Command>;
  readonly #config: RaftConfig;
  readonly #storage: StorageQueue;
  readonly #wakeUps: WakeUps;
  readonly #proposalGate: ProposalGate;
  readonly #commandPages = new CommandPages();
  readonly #counters = new Counters();
  readonly #alarms: Alarms;
  readonly #reads: ReadBatches;
  readonly #transfers = new Transfers(this.#counters);
  readonly #notifier: Notifier;
  #running: Running<Command> | undefined;
  /** Messages that arrived before storage had returned what it contains. */
  #early: Input[] = [];
  #ending: 'killed' | 'stopped' | undefined;

  /**
   * Makes a peer and returns at once. A stored snapshot is not delivered: its service restores itself from it before. Throws
   * a RangeError for an option that makes no sense, StorageInUseError while another peer uses the storage, and what a
   * synchronous `storage.load` throws.
   */
  constructor(options: RaftOptions<Command>) {
    const { me, membership, clock, storage } = options;
    if (!membership.has(me)) {
      throw new RangeError(`me must be one of the members, which are ${membership.describe()}; got ${me}.`);
    }
    this.#options = options;
    this.#config = completeConfig(options.config);
    this.#proposalGate = new ProposalGate(this.#config);
    this.#alarms = new Alarms({ me, config: this.#config, counters: this.#counters }, (warning) => {
      if (this.#ending === undefined) this.#guard(() => options.onWarning?.(warning));
    });
    this.#reads = new ReadBatches(options.random);
    this.#notifier = new Notifier(options.listener ?? {}, clock, (error) => this.#stop('service', error));
    this.#wakeUps = new WakeUps(clock, {
      onTurnEnd: () => {
        const read = this.#reads.take();
        if (read !== undefined) this.#step({ kind: 'read', ...read });
        this.#storage.flush();
      },
      onTick: () => this.#tick(),
      onHeldUp: (lateMs) => this.#alarms.onHeldUp(this.#role, lateMs),
    });
    this.#storage = new StorageQueue(
      storage,
      (point) => this.#step({ kind: 'persisted', ...point }),
      (error) => this.#stop(error instanceof BatchError ? 'rule' : 'storage', error),
    );
    try {
      const stored = storage.load();
      if (!isThenable(stored)) this.#begin(stored);
      else
        Promise.resolve(stored)
          .then((state) => this.#begin(state))
          .catch((error: unknown) => this.#stop('load', error));
    } catch (error) {
      this.#storage.close();
      throw error;
    }
  }

  /**
   * Proposes a command, and returns at once: the apply callback reports whether it was committed. A refusal has a reason, and
   * says whether to try again; the command is then in no log. Throws CodecError, and changes nothing, when the command is
   * unserializable or the codec's schema rejects it.
   */
  start(command: Command): StartResult {
    if (this.#running === undefined || this.#ending !== undefined)
      return this.#refuse(this.#ending ?? 'loading');
    const { state, driver, applyQueue } = this.#running;
    const bytes = this.#options.commandCodec.encode(command);
    if (bytes.length > this.#config.maxCommandBytes) return this.#refuse('too-large');
    if (state.standing.role !== 'leader') return this.#refuse('not-leader');
    assert(!driver.isStepping, 'start was called by an observer, a transport or storage, during a step');
    if (state.standing.transfer !== undefined) return this.#refuse('transferring');
    const reason = this.#proposalGate.admit(state, applyQueue, bytes.length);
    if (reason !== undefined) return this.#refuse(reason);
    const { currentTerm: term, log } = state;
    this.#step({ kind: 'propose', commands: [this.#commandPages.keep(bytes)] });
    // A write that failed at once has stopped the peer, and the command is nowhere.
    if (this.#notRunning !== undefined) return this.#refuse('stopped');
    assert(log.lastTerm === term, () => `the command is in term ${log.lastTerm}, not ${term}`);
    return { isLeader: true, index: log.lastIndex, term };
  }

  /** The current term, and whether this peer believes itself leader. */
  getState(): { term: Term; isLeader: boolean } {
    const isLeader = this.#ending === undefined && this.#role === 'leader';
    return { term: this.#running?.state.currentTerm ?? 0, isLeader };
  }

  /**
   * Resolves to the index that the service must have applied before it reads, so that the read includes everything committed
   * before this call (thesis 6.4); or to a refusal, to be tried again. A server that does not lead asks the leader. A leader
   * that has committed nothing in its term waits for that.
   */
  readIndex(options: ReadIndexOptions = {}): Promise<ReadIndexResult> {
    const reason = this.#notRunning;
    if (reason !== undefined) return Promise.resolve({ ok: false, reason });
    this.#wakeUps.atTurnEnd();
    return this.#reads.add(options);
  }

  /**
   * Hands leadership to the voter `to`, or to the most up-to-date one (thesis 3.10). Until it resolves, after an election timeout at
   * most, `start` refuses with `transferring`. Throws a RangeError when `to` is not another voter.
   */
  transferLeadership(to?: ServerId): Promise<TransferResult> {
    const { me, membership } = this.#options;
    if (to !== undefined && (to === me || !membership.voters.has(to)))
      throw new RangeError(`to must be another of the ${membership.describe()}; got ${to}, on server ${me}.`);
    const reason = this.#notRunning;
    if (reason !== undefined) return Promise.resolve({ ok: false, reason });
    return this.#transfers.begin(() => this.#step({ kind: 'transfer', to }));
  }

  /**
   * What this peer is, has and has counted, as plain data that does not change afterwards. Takes time for each uncommitted
   * entry, so it is for an operator's page or a log, not for every command.
   */
  status(): RaftStatus {
    return statusOf({
      me: this.#options.me,
      life: this.#notRunning ?? 'running',
      state: this.#running?.state,
      queue: this.#running?.applyQueue,
      config: this.#config,
      counters: this.#counters.read(),
      now: this.#options.clock.now(),
    });
  }

  /**
   * The service has a snapshot of everything up to and including `index`; the log up to there is dropped, at once, or when the storage
   * has stored the snapshot ahead. May be called from inside the apply callback. An index that an earlier snapshot covers changes
   * nothing. Throws SnapshotError for an index that the service was not handed yet.
   */
  snapshot(index: LogIndex, data: Uint8Array): void {
    if (this.#ending !== undefined || this.#running === undefined) return;
    const { lastHanded } = this.#running.applyQueue;
    if (!Number.isSafeInteger(index) || index < 0 || index > lastHanded)
      throw new SnapshotError(this.#options.me, { index, lastHanded });
    const kept = this.#options.sharesSnapshots === true ? data : data.slice();
    this.#storage.stage(kept, () => this.#step({ kind: 'compact', lastIncludedIndex: index, data: kept }));
  }

  /** Whether a snapshot is being stored ahead: another one is better taken afterwards. */
  get isStoringSnapshot(): boolean {
    return this.#storage.isStaging;
  }

  /**
   * A message of another server has arrived. The transport vouches for `from`. Throws BadMessageError, and changes nothing,
   * when no server of this cluster can have sent it.
   */
  receive(from: ServerId, message: Message): void {
    if (this.#ending !== undefined) return;
    const { me, membership } = this.#options;
    const claimed = isRequest(message) ? senderOf(message) : from;
    if (from === me || !membership.has(from) || claimed !== from)
      throw new BadMessageError({ from, claimed, kind: message.kind }, this.#options);
    const input: Input = { kind: 'message', from, message: this.#bounded(message) };
    if (this.#running !== undefined) this.#step(input);
    else if (this.#early.length < earlyMessagesMax) this.#early.push(input);
  }

  /** The transport knows that the message with this ticket, sent to `peer`, got lost, or its answer did. */
  unreachable(peer: ServerId, ticket: number): void {
    this.#step({ kind: 'unreachable', peer, ticket });
  }

  /** The transport cannot go on, for this reason. Stops the peer, since it would be cut off without being noticed. */
  transportFailed(cause: unknown): void {
    this.#stop('transport', cause);
  }

  /** Stops for good. No message, apply or write begins after this. Idempotent. */
  kill(): void {
    this.#end('killed');
  }

  /**
   * Stops as `kill` does, then closes the storage: resolves once the write under way has ended, successfully or not, and
   * the storage is released, so that another peer can open it. Rejects when the storage cannot be closed. Idempotent.
   * `transfersLeadership`: a leader first hands over, so that the others need not wait for its silence.
   */
  stop({ transfersLeadership = false }: { transfersLeadership?: boolean } = {}): Promise<void> {
    if (transfersLeadership) return this.transferLeadership().then(() => this.stop());
    this.kill();
    return this.#storage.stop();
  }

  get #notRunning(): 'killed' | 'stopped' | 'loading' | undefined {
    return this.#ending ?? (this.#running === undefined ? 'loading' : undefined);
  }

  get #role(): Role {
    return this.#running?.state.standing.role ?? 'follower';
  }

  #refuse(reason: RefusalReason): StartResult {
    this.#counters.onRefusal(reason);
    return refusal(reason, this.#running?.state.currentTerm ?? 0);
  }

  #begin(stored: StoredState | undefined): void {
    if (this.#ending !== undefined) return;
    assert(this.#running === undefined, 'a peer begins once');
    checkLoaded(stored);
    const { me, membership, random, clock, storage, observer } = this.#options;
    const stagesSnapshots = storage.stage !== undefined;
    const options = { me, membership, config: this.#config, random, stagesSnapshots };
    const core = RaftCore.begin({ ...options, stored, now: clock.now() });
    const applyQueue = this.#applyQueueOf(core.state);
    this.#running = { state: core.state, driver: this.#driverOf(core, applyQueue), applyQueue };
    observer?.onBegin?.(core.state);
    this.#notifier.look(core.state);
    this.#wakeUps.at(core.wakeAt);
    for (const input of this.#early.splice(0)) this.#step(input);
  }

  #applyQueueOf({ log, lastApplied }: RaftState): ApplyQueue<Command> {
    const { applyCh, commandCodec, clock, sharesSnapshots = false } = this.#options;
    return new ApplyQueue({
      applyCh,
      sharesSnapshots,
      commandCodec,
      clock,
      lastTaken: lastApplied,
      entryAt: (index) => log.entryAt(index),
      slowMs: this.#config.heartbeatIntervalMs,
      onSlow: (heldMs) => this.#alarms.onSlowCallback(heldMs),
      onTaken: (index) => this.#notifier.applied(index),
      onFailure: (error) => this.#stop('service', error),
    });
  }

  #driverOf(core: RaftCore, applyQueue: ApplyQueue<Command>): Driver {
    const { clock, observer } = this.#options;
    return new Driver(core, {
      now: () => clock.now(),
      onStep: (input, outputs) => {
        if (outputs.roleChange !== undefined) this.#counters.onRoleChange(outputs.roleChange);
        observer?.onStep?.(input, outputs, core.state);
        this.#notifier.look(core.state);
        for (const outcome of outputs.reads) this.#reads.settle(outcome);
        this.#transfers.onStep(input, outputs);
        if (outputs.lostLog !== undefined) this.#alarms.onLostLog(outputs.lostLog);
      },
      write: (persist) => this.#write(persist),
      whenDurable: (action) => this.#storage.whenDurable(() => this.#guard(action)),
      send: (envelope) => this.#send(envelope),
      apply: (applicable) => {
        applyQueue.push(applicable);
        this.#alarms.onWaiting(applyQueue.waiting);
      },
      stage: (data) => this.#storage.stage(data, () => this.#step({ kind: 'staged', data })),
      wakeAt: (time) => this.#wakeUps.at(time),
    });
  }

  #step(input: Input): void {
    if (this.#ending === undefined) this.#guard(() => this.#running?.driver.step(input));
  }

  /** What is thrown while the core steps, or while its outputs are carried out, stops the peer. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#stop('rule', error);
    }
  }

  #write(persist: Persist): void {
    this.#storage.write(persist);
    if (persist.mayWait) this.#wakeUps.atTurnEnd();
  }

  #send(envelope: Envelope): void {
    if (this.#ending !== undefined) return;
    this.#options.observer?.onSend?.(envelope);
    const { to, message } = envelope;
    assert(this.#options.membership.has(to), () => `${message.kind} to server ${to}, which is no member`);
    assert(to !== this.#options.me, 'a server sends itself no message');
    try {
      this.#options.transport.send(envelope);
    } catch (error) {
      this.#stop('transport', error);
    }
  }

  get #isServiceBehind(): boolean {
    return this.#running !== undefined && isServiceBehind(this.#running.applyQueue.waiting, this.#config);
  }

  /** A message as it may be taken now: without new entries while the service is too far behind. */
  #bounded(message: Message): Message {
    const hasEntries = message.kind === 'appendEntries' && message.args.entries.length > 0;
    if (!hasEntries || !this.#isServiceBehind) return message;
    this.#counters.onAppendHeldBack();
    return withoutEntries(message);
  }

  /**
   * Ticks the core. A server whose service is far behind stands for election an election timeout later than others, because as
   * a leader it would refuse proposals.
   */
  #tick(): void {
    const standing = this.#running?.state.standing;
    if (standing !== undefined && standing.role !== 'leader' && this.#isServiceBehind) {
      const now = this.#options.clock.now();
      const standsAt = standing.electionDeadline + this.#config.electionTimeoutMaxMs;
      if (now >= standing.electionDeadline && now < standsAt) {
        this.#wakeUps.at(standsAt);
        return;
      }
    }
    this.#step({ kind: 'tick' });
  }

  #stop(kind: StopKind, cause: unknown): void {
    if (this.#ending !== undefined) return;
    this.#end('stopped');
    const { me, clock, onError } = this.#options;
    const error = new PeerStoppedError(me, kind, cause);
    if (onError !== undefined) {
      onError(error);
      return;
    }
    // Without `onError` the error is thrown where nothing catches it, so that it ends the process.
    clock.defer(() => {
      throw error;
    });
  }

  #end(ending: 'killed' | 'stopped'): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#early = [];
    this.#running?.driver.close();
    this.#wakeUps.close();
    this.#storage.close();
    this.#running?.applyQueue.close();
    this.#options.transport.close();
    this.#notifier.close();
    this.#reads.end(ending);
    this.#transfers.end(ending);
  }
}

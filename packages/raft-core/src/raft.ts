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
import { deliveryOf } from './apply-messages.ts';
import { ApplyQueue } from './apply-queue.ts';
import { CommandPages } from './command-pages.ts';
import { assert } from '@raftlab/runtime/assert';
import { completeConfig, type RaftConfig } from './core/config.ts';
import type { Input } from './core/inputs.ts';
import type { Envelope, Persist } from './core/outputs.ts';
import { RaftCore } from './core/raft-core.ts';
import type { RaftState } from './core/state.ts';
import { Driver } from './driver.ts';
import { BadMessageError, PeerStoppedError, SnapshotError, type StopKind } from './errors.ts';
import type { RaftOptions, StartResult } from './raft-options.ts';
import { StorageQueue } from './storage-queue.ts';
import { WakeUps } from './wake-ups.ts';

/** The most messages that are kept while storage loads. More are dropped, as by a network. */
const earlyMessagesMax = 1024;

/**
 * One server of a replicated log: it elects a leader with the others, replicates commands, and hands the committed ones to
 * its service, in the same order on every server. Everything that it does begins with a call of one of its methods, of its
 * clock or of its storage; none of them waits.
 */
export class Raft<Command = unknown> {
  readonly #options: RaftOptions<Command>;
  readonly #storage: StorageQueue;
  readonly #applyQueue: ApplyQueue<Command>;
  readonly #wakeUps: WakeUps;
  readonly #commandPages = new CommandPages();
  /** Undefined until storage has returned what it holds. */
  #state: RaftState | undefined;
  #driver: Driver | undefined;
  /** Messages that arrived before that. */
  #early: Input[] = [];
  #ending: 'killed' | 'stopped' | undefined;

  /**
   * Makes a peer and returns at once. A stored snapshot is not delivered: its service restores itself from it before. Throws
   * a RangeError for an option that makes no sense, and what a synchronous `storage.load` throws.
   */
  constructor(options: RaftOptions<Command>) {
    const { me, membership, clock, storage, applyCh } = options;
    if (!membership.has(me)) {
      throw new RangeError(`me must be one of the members, which are ${membership.describe()}; got ${me}.`);
    }
    this.#options = options;
    this.#applyQueue = new ApplyQueue(applyCh, clock, (error) => this.#stop('service', error));
    this.#storage = new StorageQueue(
      storage,
      (point) => this.#step({ kind: 'persisted', ...point }),
      (error) => this.#stop(error instanceof BatchError ? 'rule' : 'storage', error),
    );
    this.#wakeUps = new WakeUps(clock, {
      onTurnEnd: () => this.#storage.flush(),
      onTick: () => this.#step({ kind: 'tick' }),
    });
    const config = completeConfig(options.config);
    const stored = storage.load();
    if (!(stored instanceof Promise)) {
      this.#begin(stored, config);
      return;
    }
    stored.then((state) => this.#begin(state, config)).catch((error: unknown) => this.#stop('load', error));
  }

  /**
   * Proposes a command, and returns at once: the apply callback reports whether it was committed. Throws CodecError, and
   * changes nothing, when the command is unserializable or the codec's schema rejects it.
   */
  start(command: Command): StartResult {
    if (this.#ending !== undefined) return { isLeader: false, term: this.#currentTerm, reason: this.#ending };
    const [state, driver] = [this.#state, this.#driver];
    if (state === undefined || driver === undefined) return { isLeader: false, term: 0, reason: 'loading' };
    const bytes = this.#options.commandCodec.encode(command);
    if (state.standing.role !== 'leader') {
      return { isLeader: false, term: state.currentTerm, reason: 'not-leader' };
    }
    assert(!driver.isStepping, 'start was called by an observer, a transport or storage, during a step');
    const { currentTerm: term, log } = state;
    this.#step({ kind: 'propose', commands: [this.#commandPages.keep(bytes)] });
    // A write that failed at once has stopped the peer, and the command is nowhere.
    if (this.#isEnded()) return { isLeader: false, term, reason: 'stopped' };
    assert(log.lastTerm === term, () => `the command is in term ${log.lastTerm}, not ${term}`);
    return { isLeader: true, index: log.lastIndex, term };
  }

  /** The current term, and whether this peer believes itself leader. */
  getState(): { term: Term; isLeader: boolean } {
    const isLeader = this.#ending === undefined && this.#state?.standing.role === 'leader';
    return { term: this.#currentTerm, isLeader };
  }

  /**
   * The service has a snapshot that covers everything up to and including `index`; the log up to there is dropped. May be
   * called from inside the apply callback. An index that an earlier snapshot covers changes nothing. Throws SnapshotError
   * for an index that was not applied yet.
   */
  snapshot(index: LogIndex, data: Uint8Array): void {
    if (this.#ending !== undefined || this.#state === undefined) return;
    const { lastApplied } = this.#state;
    if (!Number.isSafeInteger(index) || index < 0 || index > lastApplied) {
      throw new SnapshotError(
        `cannot take a snapshot up to ${index}: only 0 to ${lastApplied} can have been applied`,
      );
    }
    this.#step({ kind: 'compact', lastIncludedIndex: index, data: data.slice() });
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
    const input: Input = { kind: 'message', from, message };
    if (this.#driver !== undefined) this.#step(input);
    else if (this.#early.length < earlyMessagesMax) this.#early.push(input);
  }

  /** The transport knows that the message with this ticket, sent to `peer`, got lost, or its answer did. */
  unreachable(peer: ServerId, ticket: number): void {
    this.#step({ kind: 'unreachable', peer, ticket });
  }

  /** Stops for good. No message, apply or write begins after this. Idempotent. */
  kill(): void {
    this.#end('killed');
  }

  /**
   * Stops as `kill` does, then closes the storage: resolves once the write under way has ended, successfully or not, and
   * the storage is released, so that another peer can open it. Rejects when the storage cannot be closed. Idempotent.
   */
  stop(): Promise<void> {
    this.kill();
    return this.#storage.stop();
  }

  get #currentTerm(): Term {
    return this.#state?.currentTerm ?? 0;
  }

  #begin(stored: StoredState | undefined, config: RaftConfig): void {
    if (this.#ending !== undefined) return;
    assert(this.#driver === undefined, 'a peer begins once');
    const { me, membership, random, clock, observer } = this.#options;
    const core = RaftCore.begin({ me, membership, config, random, stored, now: clock.now() });
    this.#state = core.state;
    this.#driver = this.#driverOf(core);
    observer?.onBegin?.(core.state);
    this.#wakeUps.at(core.wakeAt);
    const early = this.#early;
    this.#early = [];
    for (const input of early) this.#step(input);
  }

  #driverOf(core: RaftCore): Driver {
    const { clock, commandCodec, observer } = this.#options;
    return new Driver(core, {
      now: () => clock.now(),
      onStep: (input, outputs) => observer?.onStep?.(input, outputs, core.state),
      write: (persist) => this.#write(persist),
      whenDurable: (action) => this.#storage.whenDurable(() => this.#guard(action)),
      send: (envelope) => this.#send(envelope),
      apply: (applicable) => this.#applyQueue.push(deliveryOf(applicable, commandCodec)),
      wakeAt: (time) => this.#wakeUps.at(time),
    });
  }

  #step(input: Input): void {
    if (this.#ending === undefined) this.#guard(() => this.#driver?.step(input));
  }

  /** Whatever is thrown while the core steps, or while its outputs are carried out, stops the peer. */
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
    const { to, message, ticket } = envelope;
    assert(this.#options.membership.has(to), () => `${message.kind} to server ${to}, which is no member`);
    assert(to !== this.#options.me, 'a server sends itself no message');
    try {
      this.#options.transport.send(to, message, ticket);
    } catch (error) {
      this.#stop('transport', error);
    }
  }

  // ---- the end ----

  #isEnded(): boolean {
    return this.#ending !== undefined;
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
    this.#driver?.close();
    this.#wakeUps.close();
    this.#storage.close();
    this.#applyQueue.close();
    this.#options.transport.close();
  }
}

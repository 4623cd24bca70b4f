// The peer around the core: it owns one RaftCore, the storage queue, the apply queue, the timer and the outgoing calls.
// Order is the whole of its job. What it never does: await anything between reading Raft's state and acting on it.
import type { Storage, StoredState } from '@raftlab/storage';
import {
  appendEntriesMethod,
  installSnapshotMethod,
  Membership,
  raftServiceName,
  requestVoteMethod,
  type LogIndex,
  type ServerId,
  type Term,
} from '@raftlab/protocol';
import { makeService, bind, type CallResult, type ClientEnd, type Method, type Service } from '@raftlab/rpc';
import type { Clock, Timer } from '@raftlab/runtime';
import { deliveryOf } from './apply-messages.ts';
import { ApplyQueue, type ApplyCh } from './apply-queue.ts';
import { CommandPages } from './command-pages.ts';
import { completeConfig, type RaftConfig } from './core/config.ts';
import type { Input, Message } from './core/inputs.ts';
import type { Envelope, Outputs, Persist } from './core/outputs.ts';
import { RaftCore } from './core/raft-core.ts';
import { BadMessageError, PeerStoppedError, SnapshotError } from './errors.ts';
import type { RaftOptions, StartResult } from './raft-options.ts';
import { StorageQueue } from './storage-queue.ts';

type Respond = (message: Message) => void;

export class Raft<Command = unknown> {
  /** Raft's remote calls on this peer, to be offered to the others under the lab's service name. */
  readonly service: Service;

  readonly #peers: readonly ClientEnd[];
  readonly #me: ServerId;
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #options: RaftOptions<Command>;
  readonly #storage: StorageQueue;
  readonly #applyQueue: ApplyQueue<Command>;
  readonly #commandPages = new CommandPages();
  /** Undefined until storage has given back what it holds. */
  #core: RaftCore | undefined;
  #ending: 'killed' | 'stopped' | undefined;

  /** Inputs wait here while one is carried out: a step never begins inside another. */
  readonly #inputs: Array<{ input: Input; respond: Respond | undefined }> = [];
  #isStepping = false;
  #timer: { readonly dueAt: number; readonly timer: Timer } | undefined;
  #isTurnEndDeferred = false;
  #isTickDue = false;
  /** Calls from others that still wait for their reply, or for storage to load. */
  readonly #unanswered = new Set<() => void>();
  #whenLoaded: Array<() => void> = [];

  constructor(
    peers: readonly ClientEnd[],
    me: ServerId,
    storage: Storage,
    applyCh: ApplyCh<Command>,
    options: RaftOptions<Command>,
  ) {
    if (!(Number.isInteger(me) && me >= 0 && me < peers.length)) {
      throw new RangeError(`me must be a number from 0 to ${peers.length - 1}, a place in peers; got ${me}.`);
    }
    this.#peers = peers;
    this.#me = me;
    this.#membership = Membership.ofSize(peers.length);
    this.#clock = options.clock;
    this.#options = options;
    this.#applyQueue = new ApplyQueue(applyCh, options.clock, (error) =>
      this.#stop('the service failed', error),
    );
    this.#storage = new StorageQueue(
      storage,
      (point) => this.#step({ kind: 'persisted', ...point }),
      (error) => this.#stop('storage failed', error),
    );
    this.service = makeService(raftServiceName, [
      bind(requestVoteMethod, (args) =>
        this.#answer(args.candidateId, { kind: 'requestVote', args }, voteReply),
      ),
      bind(appendEntriesMethod, (args) =>
        this.#answer(args.leaderId, { kind: 'appendEntries', args }, appendReply),
      ),
      bind(installSnapshotMethod, (args) =>
        this.#answer(args.leaderId, { kind: 'installSnapshot', args }, snapshotReply),
      ),
    ]);
    const config = completeConfig(options.config);
    const stored = storage.load();
    if (!(stored instanceof Promise)) {
      this.#begin(stored, config);
      return;
    }
    stored
      .then((state) => this.#begin(state, config))
      .catch((error: unknown) => this.#stop('storage could not be read', error));
  }

  /**
   * Proposes a command: returns at once; whether it commits is told by the apply channel. Throws CodecError, and changes
   * nothing, when the command is unserializable or the codec's schema rejects it.
   */
  start(command: Command): StartResult {
    if (this.#ending !== undefined) return { isLeader: false, term: this.#currentTerm, reason: this.#ending };
    const core = this.#core;
    if (core === undefined) return { isLeader: false, term: 0, reason: 'loading' };
    const bytes = this.#options.commandCodec.encode(command);
    const { state } = core;
    if (state.standing.role !== 'leader') {
      return { isLeader: false, term: state.currentTerm, reason: 'not-leader' };
    }
    if (this.#isStepping)
      throw new Error('start was called by an observer, a transport or storage, during a step');
    const { currentTerm: term, log } = state;
    this.#step({ kind: 'propose', commands: [this.#commandPages.keep(bytes)] });
    // A write that failed at once has stopped the peer, and the command is nowhere.
    if (this.#isEnded()) return { isLeader: false, term, reason: 'stopped' };
    return { isLeader: true, index: log.lastIndex, term };
  }

  /** The current term, and whether this peer believes itself leader. */
  getState(): { term: Term; isLeader: boolean } {
    const isLeader = this.#ending === undefined && this.#core?.state.standing.role === 'leader';
    return { term: this.#currentTerm, isLeader };
  }

  /**
   * The service has a snapshot that covers everything up to and including `index`; the log up to there is dropped. May be
   * called from inside the apply callback. An index that an earlier snapshot covers changes nothing. Throws SnapshotError
   * for an index that was not applied yet.
   */
  snapshot(index: LogIndex, data: Uint8Array): void {
    if (this.#ending !== undefined || this.#core === undefined) return;
    const { lastApplied } = this.#core.state;
    if (!Number.isSafeInteger(index) || index < 0 || index > lastApplied) {
      throw new SnapshotError(
        `cannot take a snapshot up to ${index}: only 0 to ${lastApplied} can have been applied`,
      );
    }
    this.#step({ kind: 'compact', lastIncludedIndex: index, data: data.slice() });
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
    return this.#core?.state.currentTerm ?? 0;
  }

  #begin(stored: StoredState | undefined, config: RaftConfig): void {
    if (this.#ending !== undefined) return;
    this.#core = RaftCore.begin({
      me: this.#me,
      membership: this.#membership,
      config,
      random: this.#options.random,
      stored,
      now: this.#clock.now(),
    });
    this.#options.observer?.onBegin?.(this.#core.state);
    this.#wakeAt(this.#core.wakeAt);
    const waiting = this.#whenLoaded;
    this.#whenLoaded = [];
    for (const action of waiting) action();
  }

  // ---- inputs ----

  #step(input: Input, respond?: Respond): void {
    if (this.#ending !== undefined || this.#core === undefined) return;
    if (this.#isStepping) {
      this.#inputs.push({ input, respond });
      return;
    }
    this.#isStepping = true;
    try {
      this.#stepOnce(this.#core, input, respond);
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        this.#stepOnce(this.#core, next.input, next.respond);
      }
    } catch (error) {
      this.#stop('a rule of Raft was broken', error);
    } finally {
      this.#isStepping = false;
    }
  }

  #stepOnce(core: RaftCore, input: Input, respond: Respond | undefined): void {
    const outputs = core.step(input, this.#clock.now());
    this.#options.observer?.onStep?.(input, outputs, core.state);
    this.#carryOut(outputs, respond);
  }

  /** A call from another peer: its request is one input; the reply is among the outputs, or follows once it is durable. */
  #answer<Reply>(
    from: ServerId,
    message: Message,
    pick: (answer: Message) => Reply | undefined,
  ): Reply | undefined | Promise<Reply | undefined> {
    if (this.#ending !== undefined) return undefined;
    if (from === this.#me || !this.#membership.has(from)) {
      throw new BadMessageError(
        `${message.kind} from server ${from} to server ${this.#me}; the members are ${this.#membership.describe()}`,
      );
    }
    let answered: Reply | undefined;
    let resolveLater: ((answer: Reply | undefined) => void) | undefined;
    const respond: Respond = (answer) => {
      if (resolveLater === undefined) answered = pick(answer);
      else resolveLater(pick(answer));
    };
    if (this.#core === undefined)
      this.#whenLoaded.push(() => this.#step({ kind: 'message', from, message }, respond));
    else this.#step({ kind: 'message', from, message }, respond);
    if (answered !== undefined || this.#isEnded()) return answered;
    return new Promise((resolve) => {
      const abandon = (): void => resolve(undefined);
      this.#unanswered.add(abandon);
      resolveLater = (answer) => {
        this.#unanswered.delete(abandon);
        resolve(answer);
      };
    });
  }

  // ---- outputs ----

  #carryOut({ persist, send, sendAfterPersist, apply, wakeAt }: Outputs, respond: Respond | undefined): void {
    if (persist !== undefined) this.#persist(persist);
    for (const envelope of send) this.#send(envelope);
    if (sendAfterPersist.length > 0) {
      this.#storage.whenDurable(() => {
        for (const envelope of sendAfterPersist) this.#send(envelope, respond);
      });
    }
    for (const applicable of apply) this.#applyQueue.push(deliveryOf(applicable, this.#options.commandCodec));
    this.#wakeAt(wakeAt);
  }

  #persist(persist: Persist): void {
    this.#storage.write(persist);
    if (persist.mayWait) this.#deferTurnEnd();
  }

  #send(envelope: Envelope, respond?: Respond): void {
    if (this.#ending !== undefined) return;
    this.#options.observer?.onSend?.(envelope);
    const { to, message, ticket } = envelope;
    switch (message.kind) {
      case 'requestVote':
        this.#call(to, ticket, requestVoteMethod, message.args, (reply) => ({
          kind: 'requestVoteReply',
          reply,
        }));
        break;
      case 'appendEntries':
        this.#call(to, ticket, appendEntriesMethod, message.args, (reply) => ({
          kind: 'appendEntriesReply',
          reply,
        }));
        break;
      case 'installSnapshot':
        this.#call(to, ticket, installSnapshotMethod, message.args, (reply) => ({
          kind: 'installSnapshotReply',
          reply,
        }));
        break;
      case 'requestVoteReply':
      case 'appendEntriesReply':
      case 'installSnapshotReply':
        respond?.(message);
        break;
    }
  }

  #call<Args, Reply>(
    to: ServerId,
    ticket: number,
    method: Method<Args, Reply>,
    args: Args,
    toMessage: (reply: Reply) => Message,
  ): void {
    const end = this.#peers[to];
    if (end === undefined) throw new RangeError(`there is no peer ${to}`);
    const onFailure = (): void => this.#step({ kind: 'unreachable', peer: to, ticket });
    let answer: Promise<CallResult<Reply>>;
    try {
      answer = end.call(method, args);
    } catch (error) {
      this.#stop('the transport threw', error);
      return;
    }
    answer.then((result) => {
      if (result.ok) this.#step({ kind: 'message', from: to, message: toMessage(result.reply) });
      else onFailure();
      // A rejected call is a fault that the transport reports; to Raft the peer is as unreachable as any other.
    }, onFailure);
  }

  /** A wake-up that is due already waits for the end of the turn, so that all that the turn brings is sent together. */
  #wakeAt(wakeAt: number): void {
    if (this.#ending !== undefined) return;
    if (wakeAt === -Infinity || wakeAt <= this.#clock.now()) {
      this.#isTickDue = true;
      this.#deferTurnEnd();
      return;
    }
    // Deadlines mostly move away: an earlier timer may stay, and finds out what is due when it fires.
    if (this.#timer !== undefined && this.#timer.dueAt <= wakeAt) return;
    this.#timer?.timer.cancel();
    if (wakeAt === Infinity) {
      this.#timer = undefined;
      return;
    }
    const timer = this.#clock.setTimer(wakeAt - this.#clock.now(), () => {
      this.#timer = undefined;
      this.#step({ kind: 'tick' });
    });
    this.#timer = { dueAt: wakeAt, timer };
  }

  #deferTurnEnd(): void {
    if (this.#isTurnEndDeferred) return;
    this.#isTurnEndDeferred = true;
    this.#clock.defer(() => {
      this.#isTurnEndDeferred = false;
      this.#storage.flush();
      if (!this.#isTickDue) return;
      this.#isTickDue = false;
      this.#step({ kind: 'tick' });
    });
  }

  // ---- the end ----

  #isEnded(): boolean {
    return this.#ending !== undefined;
  }

  #stop(what: string, cause: unknown): void {
    if (this.#ending !== undefined) return;
    this.#end('stopped');
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new PeerStoppedError(`server ${this.#me} stopped because ${what}: ${reason}`, { cause });
    const { onError } = this.#options;
    if (onError !== undefined) {
      onError(error);
      return;
    }
    // Nobody was to be told: then the process is, as of any error that nobody catches.
    this.#clock.defer(() => {
      throw error;
    });
  }

  #end(ending: 'killed' | 'stopped'): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#inputs.length = 0;
    this.#whenLoaded = [];
    this.#timer?.timer.cancel();
    this.#storage.close();
    this.#applyQueue.close();
    for (const abandon of this.#unanswered) abandon();
    this.#unanswered.clear();
  }
}

/**
 * The lab's Make: builds a peer and returns at once. `peers[j]` reaches server j; `peers[me]` is never called. A stored
 * snapshot is not delivered: its service restores itself from it before. Throws what a synchronous `storage.load` throws.
 */
export function make<Command>(
  peers: readonly ClientEnd[],
  me: ServerId,
  storage: Storage,
  applyCh: ApplyCh<Command>,
  options: RaftOptions<Command>,
): Raft<Command> {
  return new Raft(peers, me, storage, applyCh, options);
}

const voteReply = (answer: Message) => (answer.kind === 'requestVoteReply' ? answer.reply : undefined);
const appendReply = (answer: Message) => (answer.kind === 'appendEntriesReply' ? answer.reply : undefined);
const snapshotReply = (answer: Message) =>
  answer.kind === 'installSnapshotReply' ? answer.reply : undefined;

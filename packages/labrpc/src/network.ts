// The simulated network: its ends and servers, its settings and counters, and the life of a request from call to reply.
import type { Clock, Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { dispatchFault } from './dispatch-fault.ts';
import {
  drawIsDropped,
  drawMessageTimeMs,
  drawReorderingDelayMs,
  drawShortDelayMs,
  drawUndeliverableDelayMs,
  type MessageTime,
} from './fault-draws.ts';
import { HandlerWatch, type Answer } from './handler-watch.ts';
import { LabClientEnd, type NetworkPort } from './lab-client-end.ts';
import { DuplicateEndError, UnknownEndError, UnknownServerError } from './name-errors.ts';
import type { NetworkEvent, NetworkEventBase, PlainEventKind } from './network-event.ts';
import type { Request } from './request.ts';
import { RpcError } from './rpc-error.ts';
import { Server } from './server.ts';
import { UndeliverableCalls } from './undeliverable-calls.ts';

/**
 * At most this many calls of a network are pending; a further one rejects with an RpcError of kind `too-many-calls`. The lab has
 * no bound. No graded test comes near it, but a caller that never gives up on a silent server would fill the memory.
 */
export const pendingCallCountMax = 50_000;

/** What a Network is made of. */
export interface NetworkOptions {
  /** All delays are waited for on this clock. */
  readonly clock: Clock;
  /** Drawn from in the order of events: give the network a stream of its own (`random.fork`). */
  readonly random: Random;
  /** Receives every mistake in the program, also one whose call has already failed. Must not throw. */
  readonly onFault?: ((fault: RpcError) => void) | undefined;
  /** Receives every step of every call, synchronously. Must not throw. */
  readonly onEvent?: ((event: NetworkEvent) => void) | undefined;
}

interface EndState {
  isEnabled: boolean;
  serverName: string | undefined;
}

/** The result of a call on a closed network. */
const noAnswer: Promise<undefined> = Promise.resolve(undefined);

/**
 * The simulated network of the MIT 6.5840 labs (package labrpc), inside one process. Client ends are connected to servers by
 * name; each end can be disabled, and the network can lose, delay and reorder messages. It is reliable when it is made.
 *
 * On a VirtualClock, the same seed and the same calls have the same events, in the same order, at the same times. All delays
 * are milliseconds. A number and its decimal digits name the same server.
 */
export class Network {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onFault: ((fault: RpcError) => void) | undefined;
  readonly #onEvent: ((event: NetworkEvent) => void) | undefined;

  readonly #ends = new Map<string, EndState>();
  /** By name; undefined where a server was deleted. */
  readonly #servers = new Map<string, Server | undefined>();
  #isReliable = true;
  #isLongDelays = false;
  #isLongReordering = false;
  #messageTime: MessageTime | undefined;
  #isClosed = false;
  #totalCount = 0;
  #totalBytes = 0;
  #pendingCount = 0;

  readonly #port: NetworkPort;
  readonly #undeliverable: UndeliverableCalls;
  readonly #handlerWatch: HandlerWatch;

  /** A reliable network without ends or servers. */
  constructor(options: NetworkOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onFault = options.onFault;
    this.#onEvent = options.onEvent;
    this.#port = {
      send: (endName, methodName, argsBytes) => this.#enter(endName, methodName, argsBytes),
      reportFault: (fault) => this.#onFault?.(fault),
    };
    this.#undeliverable = new UndeliverableCalls(options.clock);
    this.#handlerWatch = new HandlerWatch({
      clock: options.clock,
      isServerDead: (request) => this.#isServerDead(request),
      onLateFailure: ({ methodName }, thrown) => {
        this.#onFault?.(dispatchFault(methodName, { thrown, isHandlerRunning: true }));
      },
    });
  }

  /** Makes an end, disabled and not connected. Throws DuplicateEndError when an end has this name. */
  makeEnd(endName: string): LabClientEnd {
    assert(typeof endName === 'string', () => `the name of an end must be a string, got ${typeof endName}`);
    if (this.#ends.has(endName)) throw new DuplicateEndError(endName, this.#ends.keys());
    this.#ends.set(endName, { isEnabled: false, serverName: undefined });
    return new LabClientEnd(endName, this.#port);
  }

  /** Removes an end. Later calls on it cannot be delivered. Throws UnknownEndError. */
  deleteEnd(endName: string): void {
    this.#findEnd(endName);
    this.#ends.delete(endName);
    this.#handlerWatch.onChange();
  }

  /**
   * Registers a server under a name. One that was registered there is replaced: its pending calls fail, even when their
   * handlers answer.
   */
  addServer(serverName: string | number, server: Server): void {
    assert(server instanceof Server, () => `server ${serverName} must be a Server, got ${typeof server}`);
    this.#setServer(serverName, server);
  }

  /** Removes the server, if there is one, from its name. Its pending calls fail, even when their handlers answer. */
  deleteServer(serverName: string | number): void {
    this.#setServer(serverName, undefined);
  }

  /** Connects an end to the name of a server, which may be registered later. Throws UnknownEndError. */
  connect(endName: string, serverName: string | number): void {
    this.#findEnd(endName).serverName = serverKey(serverName);
  }

  /** Enables or disables an end. Pending calls of a disabled end fail. Throws UnknownEndError. */
  enable(endName: string, enabled: boolean): void {
    assert(typeof enabled === 'boolean', () => `enable takes true or false, got ${typeof enabled}`);
    this.#findEnd(endName).isEnabled = enabled;
    this.#handlerWatch.onChange();
  }

  /** If false, each request takes 0 to 26 ms, and one request in ten and one reply in ten are lost. */
  reliable(isReliable: boolean): void {
    assert(typeof isReliable === 'boolean', () => `reliable takes true or false, got ${typeof isReliable}`);
    this.#isReliable = isReliable;
  }

  /** If true, two thirds of the replies are delayed by 200 to 2199 ms. */
  longReordering(isLong: boolean): void {
    assert(typeof isLong === 'boolean', () => `longReordering takes true or false, got ${typeof isLong}`);
    this.#isLongReordering = isLong;
  }

  /** If true, a call that cannot be delivered fails after up to 6999 ms instead of up to 99 ms. */
  longDelays(isLong: boolean): void {
    assert(typeof isLong === 'boolean', () => `longDelays takes true or false, got ${typeof isLong}`);
    this.#isLongDelays = isLong;
  }

  /**
   * If given, every request and every reply takes a time that is drawn from this range, beside all other delays; the lab has no
   * such time. A client that waits for each reply then lets the clock of a simulation move. Throws a RangeError unless
   * 0 <= minMs <= maxMs < Infinity.
   */
  messageTime(range: MessageTime | undefined): void {
    if (range !== undefined && !(range.minMs >= 0 && range.minMs <= range.maxMs && range.maxMs < Infinity)) {
      throw new RangeError(
        `messageTime takes 0 <= minMs <= maxMs < Infinity; got ${range.minMs} and ${range.maxMs}.`,
      );
    }
    this.#messageTime = range;
  }

  /** How many requests were dispatched to the server that is registered under this name. Throws UnknownServerError. */
  getCount(serverName: string | number): number {
    const key = serverKey(serverName);
    const server = this.#servers.get(key);
    if (server === undefined) {
      const known = [...this.#servers.keys()].filter((name) => this.#servers.get(name) !== undefined);
      throw new UnknownServerError(key, { wasDeleted: this.#servers.has(key), known });
    }
    return server.getCount();
  }

  /** How many calls entered this network, whether they were delivered or not. */
  getTotalCount(): number {
    return this.#totalCount;
  }

  /** The size of the encoded arguments of all calls that entered, and of all replies that reached their callers, in bytes. */
  getTotalBytes(): number {
    return this.#totalBytes;
  }

  /**
   * Closes the network. New calls fail at once and are not counted; pending calls that cannot be delivered fail now. Calls that
   * were delivered end as they would have: within 2.2 s of their handler's answer.
   */
  cleanup(): void {
    this.#isClosed = true;
    this.#undeliverable.close();
  }

  /** Counts a call and reads everything that decides its way. */
  #enter(endName: string, methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    assert(argsBytes instanceof Uint8Array, () => `the codec of ${methodName} encoded ${typeof argsBytes}`);
    if (this.#isClosed) return noAnswer;
    if (this.#pendingCount >= pendingCallCountMax) return Promise.reject(this.#tooManyCalls(methodName));
    this.#totalCount += 1;
    this.#totalBytes += argsBytes.byteLength;
    const end = this.#ends.get(endName);
    const serverName = end?.serverName;
    const server = serverName === undefined ? undefined : this.#servers.get(serverName);
    const request: Request = {
      callId: this.#totalCount,
      endName,
      serverName,
      server,
      methodName,
      argsBytes,
      isReliable: this.#isReliable,
      isLongReordering: this.#isLongReordering,
      messageTime: this.#messageTime,
    };
    this.#onEvent?.({ kind: 'sent', ...this.#eventBase(request, argsBytes) });
    if (end?.isEnabled === true && server !== undefined) return this.#deliver(request);
    return this.#failUndeliverable(request);
  }

  async #failUndeliverable(request: Request): Promise<undefined> {
    this.#pendingCount += 1;
    try {
      const delayMs = drawUndeliverableDelayMs(this.#random, this.#isLongDelays);
      this.#onEvent?.({ kind: 'undeliverable', ...this.#eventBase(request, request.argsBytes), delayMs });
      await this.#undeliverable.wait(delayMs);
    } finally {
      this.#leave();
    }
  }

  /** The way of a request that can be delivered. */
  async #deliver(request: Request): Promise<Answer> {
    const { server, methodName, argsBytes, isReliable, messageTime } = request;
    assert(server !== undefined, () => `call ${request.callId} has no server`);
    this.#pendingCount += 1;
    try {
      if (messageTime !== undefined) await this.#clock.sleep(drawMessageTimeMs(this.#random, messageTime));
      if (isReliable) {
        await this.#clock.breathe(); // no time passes, but the handler never runs before call returns
      } else {
        await this.#clock.sleep(drawShortDelayMs(this.#random));
        if (drawIsDropped(this.#random)) return this.#fail('requestDropped', request);
      }

      // A request in flight is delivered, even if its end was disabled meanwhile.
      this.#onEvent?.({ kind: 'dispatched', ...this.#eventBase(request, argsBytes) });
      let replyBytes: Answer;
      let fault: RpcError | undefined;
      let isHandlerRunning = false;
      try {
        const answer = server.dispatch(methodName, argsBytes);
        isHandlerRunning = true;
        replyBytes = answer instanceof Promise ? await this.#handlerWatch.wait(request, answer) : answer;
      } catch (thrown) {
        fault = dispatchFault(methodName, { thrown, isHandlerRunning });
        this.#onFault?.(fault);
      }

      const isAnswer = replyBytes === undefined || replyBytes instanceof Uint8Array;
      assert(
        isAnswer,
        () => `${methodName} answered with ${typeof replyBytes}, not with bytes; make it with bind`,
      );

      // Checked after the handler: a caller must not see a success whose effects were lost in a restart.
      if (this.#isServerDead(request)) {
        this.#onEvent?.({ kind: 'refused', ...this.#eventBase(request, argsBytes), replyBytes });
        return undefined;
      }
      if (fault !== undefined) {
        this.#fail('faulted', request);
        throw fault;
      }
      if (replyBytes === undefined) return this.#fail('unanswered', request);
      if (!isReliable && drawIsDropped(this.#random)) return this.#fail('replyDropped', request, replyBytes);

      const delayMs = this.#replyDelayMs(request);
      if (delayMs !== undefined) {
        this.#onEvent?.({ kind: 'replyDelayed', ...this.#eventBase(request, replyBytes), delayMs });
        await this.#clock.sleep(delayMs); // as in the lab, nothing is checked afterwards: the server may be dead by now
      }
      this.#totalBytes += replyBytes.byteLength;
      this.#onEvent?.({ kind: 'delivered', ...this.#eventBase(request, replyBytes) });
      return replyBytes;
    } finally {
      this.#leave();
    }
  }

  /** Undefined: the reply arrives at once. */
  #replyDelayMs({ isLongReordering, messageTime }: Request): number | undefined {
    const reorderingMs = isLongReordering ? drawReorderingDelayMs(this.#random) : undefined;
    if (messageTime === undefined) return reorderingMs;
    return (reorderingMs ?? 0) + drawMessageTimeMs(this.#random, messageTime);
  }

  #leave(): void {
    assert(this.#pendingCount > 0, 'more calls left the network than entered it');
    this.#pendingCount -= 1;
  }

  #tooManyCalls(methodName: string): RpcError {
    const detail =
      `${pendingCallCountMax} calls are pending in the network; ` +
      'bound the number of calls that wait for an answer, or delete the server that does not answer';
    const fault = new RpcError('too-many-calls', methodName, { detail });
    this.#onFault?.(fault);
    return fault;
  }

  /** Whether the end is no longer enabled, or the server that received the request no longer the registered one. */
  #isServerDead(request: Request): boolean {
    const { endName, serverName, server } = request;
    if (this.#ends.get(endName)?.isEnabled !== true) return true;
    return serverName === undefined || this.#servers.get(serverName) !== server;
  }

  #fail(kind: PlainEventKind, request: Request, bytes: Uint8Array = request.argsBytes): undefined {
    this.#onEvent?.({ kind, ...this.#eventBase(request, bytes) });
  }

  #eventBase(request: Request, bytes: Uint8Array): NetworkEventBase {
    const { callId, endName, serverName, methodName } = request;
    return { callId, endName, serverName, methodName, bytes, at: this.#clock.now() };
  }

  #setServer(serverName: string | number, server: Server | undefined): void {
    this.#servers.set(serverKey(serverName), server);
    this.#handlerWatch.onChange();
  }

  #findEnd(endName: string): EndState {
    const end = this.#ends.get(endName);
    if (end === undefined) throw new UnknownEndError(endName, this.#ends.keys());
    return end;
  }
}

/** A number and its decimal digits name the same server. */
function serverKey(serverName: string | number): string {
  if (typeof serverName === 'string') return serverName;
  if (Number.isSafeInteger(serverName)) return String(serverName);
  throw new RangeError(`A server is named by a string or an integer; got ${serverName}.`);
}

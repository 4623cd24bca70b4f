// The lab's simulated network: RPC inside one process that may lose or hold back either direction and isolate hosts. Here
// are its tables and its counters, and the life of a request from entry to reply.
import { CodecError } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import {
  drawIsDropped,
  drawReorderingDelayMs,
  drawShortDelayMs,
  drawUndeliverableDelayMs,
} from './chances.ts';
import { HandlerWatch, type Answer } from './handler-watch.ts';
import { LabClientEnd, type Carrier } from './lab-client-end.ts';
import type { NetworkEvent, NetworkEventFacts, PlainEventKind } from './network-event.ts';
import type { Request } from './request.ts';
import { messageOf, RpcError, type RpcErrorKind } from './rpc-error.ts';
import { listNames, type Server } from './server.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface NetworkOptions {
  readonly clock: Clock;
  /** Draws happen in the order of events: give the network a stream of its own. */
  readonly random: Random;
  /** Hears of every fault of the program, also of those that come too late for their caller. */
  readonly onFault?: ((fault: RpcError) => void) | undefined;
  readonly onEvent?: ((event: NetworkEvent) => void) | undefined;
}

interface EndState {
  isEnabled: boolean;
  serverName: string | undefined;
}

/** What a call resolves to that enters a closed network. */
const nothing: Promise<undefined> = Promise.resolve(undefined);

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
  #isClosed = false;
  #totalCount = 0;
  #totalBytes = 0;

  readonly #carrier: Carrier;
  readonly #undeliverable: WaitingRoom;
  readonly #handlerWatch: HandlerWatch;

  /** A reliable network without ends or servers. */
  constructor(options: NetworkOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onFault = options.onFault;
    this.#onEvent = options.onEvent;
    this.#carrier = {
      carry: (endName, methodName, argsBytes) => this.#enter(endName, methodName, argsBytes),
      reportFault: (fault) => this.#onFault?.(fault),
    };
    this.#undeliverable = new WaitingRoom(options.clock);
    this.#handlerWatch = new HandlerWatch({
      clock: options.clock,
      isDead: (request) => this.#isDead(request),
      onLateFailure: ({ methodName }, thrown) => {
        this.#onFault?.(faultOf(methodName, { thrown, isHandlerRunning: true }));
      },
    });
  }

  /** A new end, disabled and leading nowhere. Its name must be new in this network. */
  makeEnd(endName: string): LabClientEnd {
    if (this.#ends.has(endName)) {
      const known = listNames(this.#ends.keys());
      throw new Error(`There is already an end ${JSON.stringify(endName)}; names in use are ${known}.`);
    }
    this.#ends.set(endName, { isEnabled: false, serverName: undefined });
    return new LabClientEnd(endName, this.#carrier);
  }

  /** Forgets an end. Later calls on it cannot be delivered. */
  deleteEnd(endName: string): void {
    this.#knownEnd(endName);
    this.#ends.delete(endName);
    this.#handlerWatch.onChange();
  }

  /** Registers `server` under a name; one that was there is replaced and, to calls already inside, dead. */
  addServer(serverName: string | number, server: Server): void {
    this.#servers.set(keyOf(serverName), server);
    this.#handlerWatch.onChange();
  }

  /** Keeps the name, with no server behind it. */
  deleteServer(serverName: string | number): void {
    this.#servers.set(keyOf(serverName), undefined);
    this.#handlerWatch.onChange();
  }

  /** The end leads to that name from now on; no server need be there yet. */
  connect(endName: string, serverName: string | number): void {
    this.#knownEnd(endName).serverName = keyOf(serverName);
  }

  enable(endName: string, enabled: boolean): void {
    this.#knownEnd(endName).isEnabled = enabled;
    this.#handlerWatch.onChange();
  }

  /** Yes: no delay and no loss. No: short delays, and one in ten requests and one in ten replies lost. */
  reliable(yes: boolean): void {
    this.#isReliable = yes;
  }

  /** Yes: two thirds of the replies are held back for 200 to 2199 ms. */
  longReordering(yes: boolean): void {
    this.#isLongReordering = yes;
  }

  /** Yes: a call that cannot be delivered fails after up to 7 s instead of up to 0.1 s. */
  longDelays(yes: boolean): void {
    this.#isLongDelays = yes;
  }

  /** Requests dispatched to the server object that is now registered under that name. */
  getCount(serverName: string | number): number {
    const key = keyOf(serverName);
    const server = this.#servers.get(key);
    if (server === undefined) {
      const what = this.#servers.has(key) ? 'was deleted' : 'was never added';
      const alive = [...this.#servers.keys()].filter((name) => this.#servers.get(name) !== undefined);
      throw new Error(`Server ${JSON.stringify(key)} ${what}; servers are ${listNames(alive)}.`);
    }
    return server.getCount();
  }

  /** Calls that entered this network, delivered or not. */
  getTotalCount(): number {
    return this.#totalCount;
  }

  /** Bytes of the encoded arguments of all calls that entered, and of the replies that reached their callers. */
  getTotalBytes(): number {
    return this.#totalBytes;
  }

  /**
   * Shuts the network. New calls fail at once and are not counted. Calls inside that cannot be delivered fail now, their
   * timers gone; the others are processed to their end.
   */
  cleanup(): void {
    this.#isClosed = true;
    this.#undeliverable.empty();
  }

  /** Counts a call and reads all that decides its way. */
  #enter(endName: string, methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    if (this.#isClosed) return nothing;
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
    };
    this.#onEvent?.({ kind: 'sent', ...this.#facts(request, argsBytes) });
    if (end?.isEnabled === true && server !== undefined) return this.#deliver(request, server);
    return this.#failLater(request);
  }

  async #failLater(request: Request): Promise<undefined> {
    const delayMs = drawUndeliverableDelayMs(this.#random, this.#isLongDelays);
    this.#onEvent?.({ kind: 'undeliverable', ...this.#facts(request, request.argsBytes), delayMs });
    await this.#undeliverable.wait(delayMs);
  }

  /** The life of a request that can be delivered. */
  async #deliver(request: Request, server: Server): Promise<Answer> {
    const { methodName, argsBytes, isReliable } = request;
    if (isReliable) {
      await this.#clock.breathe(); // no time passes, but a handler never runs inside its caller's turn
    } else {
      await this.#clock.sleep(drawShortDelayMs(this.#random));
      if (drawIsDropped(this.#random)) return this.#fail('requestDropped', request);
    }

    // Whether the end is still enabled is not asked here: a request that is on its way arrives.
    this.#onEvent?.({ kind: 'dispatched', ...this.#facts(request, argsBytes) });
    let replyBytes: Answer;
    let fault: RpcError | undefined;
    let isHandlerRunning = false;
    try {
      const answer = server.dispatch(methodName, argsBytes);
      isHandlerRunning = true;
      replyBytes = answer instanceof Promise ? await this.#handlerWatch.wait(request, answer) : answer;
    } catch (thrown) {
      fault = faultOf(methodName, { thrown, isHandlerRunning });
      this.#onFault?.(fault);
    }

    // Asked once more after the handler: a caller never sees a success whose effects a restart has left behind.
    if (this.#isDead(request)) {
      this.#onEvent?.({ kind: 'refused', ...this.#facts(request, argsBytes), replyBytes });
      return undefined;
    }
    if (fault !== undefined) {
      this.#fail('faulted', request);
      throw fault;
    }
    if (replyBytes === undefined) return this.#fail('unanswered', request);
    if (!isReliable && drawIsDropped(this.#random)) return this.#fail('replyDropped', request, replyBytes);

    const delayMs = request.isLongReordering ? drawReorderingDelayMs(this.#random) : undefined;
    if (delayMs !== undefined) {
      this.#onEvent?.({ kind: 'replyDelayed', ...this.#facts(request, replyBytes), delayMs });
      await this.#clock.sleep(delayMs); // and nothing is asked afterwards: late replies come from the dead, too
    }
    this.#totalBytes += replyBytes.byteLength;
    this.#onEvent?.({ kind: 'delivered', ...this.#facts(request, replyBytes) });
    return replyBytes;
  }

  /** True when the end is no longer enabled, or the server that got the request no longer the registered one. */
  #isDead(request: Request): boolean {
    const { endName, serverName, server } = request;
    if (this.#ends.get(endName)?.isEnabled !== true) return true;
    return serverName === undefined || this.#servers.get(serverName) !== server;
  }

  #fail(kind: PlainEventKind, request: Request, payload: Uint8Array = request.argsBytes): undefined {
    this.#onEvent?.({ kind, ...this.#facts(request, payload) });
  }

  #facts(request: Request, payload: Uint8Array): NetworkEventFacts {
    const { callId, endName, serverName, methodName } = request;
    return { callId, endName, serverName, methodName, bytes: payload, at: this.#clock.now() };
  }

  #knownEnd(endName: string): EndState {
    const end = this.#ends.get(endName);
    if (end !== undefined) return end;
    throw new Error(`There is no end ${JSON.stringify(endName)}; ends are ${listNames(this.#ends.keys())}.`);
  }
}

/** A number and its decimal digits name the same server. */
function keyOf(serverName: string | number): string {
  if (typeof serverName === 'string') return serverName;
  if (Number.isSafeInteger(serverName)) return String(serverName);
  throw new RangeError(`A server is named by a string or an integer; got ${serverName}.`);
}

/**
 * What a dispatch threw, as a fault. Only the codecs around a handler are expected to throw CodecError; of one that
 * comes out of the handler itself nothing else is known, unless it could not have come from them.
 */
function faultOf(method: string, about: { thrown: unknown; isHandlerRunning: boolean }): RpcError {
  const { thrown: cause, isHandlerRunning } = about;
  if (cause instanceof RpcError && cause.method === method && !isHandlerRunning) return cause;
  const kind = kindOf(cause, isHandlerRunning);
  const detail = kind === 'handler-failed' ? `the handler failed: ${messageOf(cause)}` : messageOf(cause);
  return new RpcError(kind, method, { detail, cause });
}

function kindOf(thrown: unknown, isHandlerRunning: boolean): RpcErrorKind {
  if (!(thrown instanceof CodecError)) return 'handler-failed';
  if (thrown.action === 'encode') return 'bad-reply';
  return isHandlerRunning ? 'handler-failed' : 'bad-request';
}

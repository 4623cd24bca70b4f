// A network between simulated servers: messages are lost, delayed, reordered and duplicated, and links are cut in one direction
// or both. Messages cross it as bytes of the production codec.
import { splitMethodName, type CallResult, type ClientEnd, type Method, type Service } from '@raftlab/rpc';
import type { NetworkEvent } from '@raftlab/labrpc';
import type { Clock, Random } from '@raftlab/runtime';
import type { Mix } from './mix.ts';
import { DrawnPassage, LinkPassage, type Passage, type Passenger } from './passage.ts';

/** What happened to the messages of a run, requests and replies. */
export interface NetworkTallies {
  sent: number;
  delivered: number;
  lost: number;
  duplicated: number;
}

/** The destination of a message: the services of a server since its last start, and the clock that may stall it. */
export interface Destination {
  services(): readonly Service[];
  run(action: () => void): void;
}

/** A call that has left its caller. */
interface Call {
  readonly from: number;
  readonly to: number;
  readonly methodName: string;
  readonly serviceName: string;
  readonly shortName: string;
  readonly bytes: Uint8Array;
  /** Whether it overtakes data on a link that lets it; undefined: if it is small. */
  readonly isUrgent: boolean | undefined;
  /** Runs an action in the caller's life. */
  readonly run: (action: () => void) => void;
  readonly answer: (reply: Uint8Array) => void;
  readonly fail: () => void;
}

/** The events of a message here, in the lab network's terms. */
type MessageMoment = 'sent' | 'requestDropped' | 'dispatched' | 'replyDelayed' | 'replyDropped' | 'delivered';

const failed = { ok: false } as const;

/** How long a refused connection takes to be reported, in ms: less than any round trip, but time passes. */
const refusalMs = 0.1;

type OnEvent = (event: NetworkEvent) => void;

/** The nodes of a network, and who hears of it. */
export interface SimNetworkOptions {
  readonly mix: Mix;
  /** How many clients there are: their numbers come after those of the servers. */
  readonly clients: number;
  /** Called for every message between servers with the events of the lab's network; the ends are called `from>to`. */
  readonly onEvent?: OnEvent | undefined;
  /** The handler of a client's call has failed. */
  readonly onServiceError?: (error: unknown) => void;
}

export class SimNetwork {
  readonly tallies: NetworkTallies = { sent: 0, delivered: 0, lost: 0, duplicated: 0 };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #mix: Mix;
  readonly #passage: Passage;
  /** Servers, then clients. */
  readonly #nodes: number;
  readonly #destinations: (Destination | undefined)[];
  readonly #cut = new Set<number>();
  /** By link, from each server to each other one. */
  readonly #sentCounts: number[];
  readonly #sentBytes: number[];
  #nextCallId = 1;
  readonly #onEvent: OnEvent | undefined;
  readonly #onServiceError: ((error: unknown) => void) | undefined;
  #isHealthy = false;

  constructor(clock: Clock, random: Random, { mix, clients, onEvent, onServiceError }: SimNetworkOptions) {
    this.#onEvent = onEvent;
    this.#onServiceError = onServiceError;
    this.#nodes = mix.servers + clients;
    this.#clock = clock;
    this.#random = random;
    this.#mix = mix;
    const { link: habits } = mix;
    const nodes = this.#nodes;
    this.#passage =
      habits === undefined
        ? new DrawnPassage(clock, random, mix)
        : new LinkPassage(clock, random, { habits, nodes });
    this.#destinations = Array.from({ length: nodes }, () => undefined);
    this.#sentCounts = Array.from({ length: nodes * nodes }, () => 0);
    this.#sentBytes = Array.from({ length: nodes * nodes }, () => 0);
  }

  /** Messages that a server has sent to another one, requests and replies. */
  sentCount(from: number, to: number): number {
    return this.#sentCounts[this.#linkOf(from, to)] ?? 0;
  }

  /** Their bytes. */
  sentBytes(from: number, to: number): number {
    return this.#sentBytes[this.#linkOf(from, to)] ?? 0;
  }

  attach(server: number, destination: Destination | undefined): void {
    this.#destinations[server] = destination;
  }

  /** False if the link was already cut. */
  cut(from: number, to: number): boolean {
    const link = this.#linkOf(from, to);
    if (this.#cut.has(link)) return false;
    this.#cut.add(link);
    return true;
  }

  /** False if the link was not cut. */
  join(from: number, to: number): boolean {
    return this.#cut.delete(this.#linkOf(from, to));
  }

  /** No loss and no duplicates from now on, and no delays but those of links; links that are cut stay so. */
  heal(): void {
    this.#isHealthy = true;
    this.#passage.heal();
  }

  /**
   * The end on which `from` reaches `to`, for one start of `from`: `run` runs the reply's callback on it. `isUrgent` says of the call
   * that is made whether it may overtake data; without it small ones do.
   */
  end(from: number, to: number, run: Call['run'], isUrgent?: () => boolean): ClientEnd {
    return {
      call: (method, args) => this.#call({ from, to, run, isUrgent: isUrgent?.() }, method, args),
    };
  }

  #linkOf(from: number, to: number): number {
    return from * this.#nodes + to;
  }

  #call<Args, Reply>(
    { from, to, run, isUrgent }: Pick<Call, 'from' | 'to' | 'run' | 'isUrgent'>,
    method: Method<Args, Reply>,
    args: Args,
  ): Promise<CallResult<Reply>> {
    const bytes = method.args.encode(args);
    const [serviceName, shortName] = splitMethodName(method.name);
    const { lostCalls, duplicationPerMille, callTimeoutMs } = this.#mix;
    return new Promise((resolve) => {
      const call: Call = {
        from,
        to,
        run,
        isUrgent,
        methodName: method.name,
        serviceName,
        shortName,
        bytes,
        answer: (reply) => resolve({ ok: true, reply: method.reply.decode(reply) }),
        fail: () => run(() => resolve(failed)),
      };
      if (lostCalls === 'refuse' && this.#isRefused(from, to)) {
        this.#clock.setTimer(refusalMs, call.fail);
        return;
      }
      this.#request(call);
      // A handler runs at most once for each call of a client (`ClientEnd`), since a reply of `SessionExpired` says that it did not run.
      const mayRepeat = !this.#isHealthy && from < this.#mix.servers;
      if (mayRepeat && this.#random.chance(duplicationPerMille, 1000)) {
        this.tallies.duplicated += 1;
        this.#request(call);
      }
      if (lostCalls === 'time-out') this.#clock.setTimer(callTimeoutMs, call.fail);
    });
  }

  /** Whether a connection would be refused, or reset. */
  #isRefused(from: number, to: number): boolean {
    const isCut = this.#cut.has(this.#linkOf(from, to)) || this.#cut.has(this.#linkOf(to, from));
    return isCut || this.#destinations[to] === undefined;
  }

  #request(call: Call): void {
    const { from, to, bytes, isUrgent, serviceName, shortName } = call;
    const callId = this.#nextCallId++;
    const arrive = (): void => {
      const destination = this.#destinations[to];
      if (destination === undefined) {
        this.#onLost(call, callId, 'requestDropped', bytes);
        return;
      }
      destination.run(() => {
        this.#report(call, callId, 'dispatched', bytes);
        const service = destination.services().find(({ name }) => name === serviceName);
        const reply = service?.methods.get(shortName)?.dispatch(bytes);
        if (reply instanceof Promise) {
          reply.then(
            (late) => {
              // A server that has crashed meanwhile answers no more.
              if (late !== undefined && this.#destinations[to] === destination)
                this.#answer(call, callId, late);
            },
            (error: unknown) => this.#onHandlerFailed(call, error),
          );
        } else if (reply !== undefined) {
          this.#answer(call, callId, reply);
        }
      });
    };
    this.#report(call, callId, 'sent', bytes);
    this.#transmit(from, to, {
      sizeBytes: bytes.length,
      isUrgent,
      arrive,
      lose: () => this.#onLost(call, callId, 'requestDropped', bytes),
    });
  }

  /** A handler of Raft fails only when its peer has stopped, which the peer itself reports; one for clients must not fail. */
  #onHandlerFailed({ from }: Call, error: unknown): void {
    if (from >= this.#mix.servers) this.#onServiceError?.(error);
  }

  #answer(call: Call, callId: number, reply: Uint8Array): void {
    this.#report(call, callId, 'replyDelayed', reply);
    this.#transmit(call.to, call.from, {
      sizeBytes: reply.length,
      isUrgent: undefined,
      arrive: () =>
        call.run(() => {
          // A crashed life that goes on may still get it; its server has received nothing.
          const isUp = this.#destinations[call.from] !== undefined;
          this.#report(call, callId, isUp ? 'delivered' : 'replyDropped', reply);
          call.answer(reply);
        }),
      lose: () => this.#onLost(call, callId, 'replyDropped', reply),
    });
  }

  #onLost(call: Call, callId: number, moment: MessageMoment, bytes: Uint8Array): void {
    this.#report(call, callId, moment, bytes);
    if (this.#mix.lostCalls === 'refuse') this.#clock.setTimer(refusalMs, call.fail);
  }

  #report({ from, to, methodName }: Call, callId: number, kind: MessageMoment, bytes: Uint8Array): void {
    if (from >= this.#mix.servers) return;
    this.#onEvent?.({
      kind,
      callId,
      endName: `${from}>${to}`,
      serverName: String(to),
      methodName,
      bytes,
      at: this.#clock.now(),
      delayMs: 0,
    });
  }

  #transmit(
    from: number,
    to: number,
    { sizeBytes, isUrgent, arrive, lose }: Pick<Passenger, 'sizeBytes' | 'isUrgent' | 'arrive' | 'lose'>,
  ): void {
    const link = this.#linkOf(from, to);
    this.tallies.sent += 1;
    this.#sentCounts[link] = (this.#sentCounts[link] ?? 0) + 1;
    this.#sentBytes[link] = (this.#sentBytes[link] ?? 0) + sizeBytes;
    const onLost = (): void => {
      this.tallies.lost += 1;
      lose();
    };
    if (!this.#isHealthy && this.#random.chance(this.#mix.lossPerMille, 1000)) {
      onLost();
      return;
    }
    this.#passage.carry({
      from,
      to,
      sizeBytes,
      isUrgent,
      arrive: () => {
        // A link that is cut loses messages in flight, too.
        if (this.#cut.has(link)) {
          onLost();
          return;
        }
        this.tallies.delivered += 1;
        arrive();
      },
      lose: onLost,
    });
  }
}

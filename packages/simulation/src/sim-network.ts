// A network between simulated servers: messages are lost, delayed, reordered and duplicated, and links are cut in one direction
// or both. Messages cross it as bytes of the production codec.
import type { CallResult, ClientEnd, Method, Service } from '@raftlab/rpc';
import type { NetworkEvent } from '@raftlab/labrpc';
import type { Clock, Random } from '@raftlab/runtime';
import { slowFactor, type Mix } from './mix.ts';

export interface NetworkTallies {
  sent: number;
  delivered: number;
  lost: number;
  duplicated: number;
}

/** The destination of a message: the service of a server since its last start, and the clock that may stall it. */
export interface Destination {
  readonly service: Service;
  run(action: () => void): void;
}

/** The events of a message here, in the lab network's terms. */
type MessageMoment = 'sent' | 'requestDropped' | 'dispatched' | 'replyDelayed' | 'replyDropped' | 'delivered';

const failed = { ok: false } as const;

export class SimNetwork {
  readonly tallies: NetworkTallies = { sent: 0, delivered: 0, lost: 0, duplicated: 0 };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #mix: Mix;
  readonly #destinations: (Destination | undefined)[];
  readonly #cut = new Set<number>();
  readonly #sentBy: number[];
  #nextCallId = 1;
  readonly #onEvent: ((event: NetworkEvent) => void) | undefined;
  #isHealthy = false;

  /** `onEvent` is called for every message with the events of the lab's network; the ends are called `from>to`. */
  constructor(clock: Clock, random: Random, mix: Mix, onEvent?: (event: NetworkEvent) => void) {
    this.#onEvent = onEvent;
    this.#clock = clock;
    this.#random = random;
    this.#mix = mix;
    this.#destinations = Array.from({ length: mix.servers }, () => undefined);
    this.#sentBy = Array.from({ length: mix.servers }, () => 0);
  }

  /** Messages that a server has sent, requests and replies. */
  sentBy(server: number): number {
    return this.#sentBy[server] ?? 0;
  }

  attach(server: number, destination: Destination | undefined): void {
    this.#destinations[server] = destination;
  }

  /** False if the link was already cut. */
  cut(from: number, to: number): boolean {
    const link = from * this.#mix.servers + to;
    if (this.#cut.has(link)) return false;
    this.#cut.add(link);
    return true;
  }

  /** False if the link was not cut. */
  join(from: number, to: number): boolean {
    return this.#cut.delete(from * this.#mix.servers + to);
  }

  /** From now on no loss, no duplicates, short delays; cut links stay cut. */
  heal(): void {
    this.#isHealthy = true;
  }

  /** The end on which `from` reaches `to`, for one start of `from`: `run` runs the reply's callback on it. */
  end(from: number, to: number, run: (action: () => void) => void): ClientEnd {
    return { call: (method, args) => this.#call(from, to, run, method, args) };
  }

  #call<Args, Reply>(
    from: number,
    to: number,
    run: (action: () => void) => void,
    method: Method<Args, Reply>,
    args: Args,
  ): Promise<CallResult<Reply>> {
    const bytes = method.args.encode(args);
    const methodName = method.name.slice(method.name.lastIndexOf('.') + 1);
    return new Promise((resolve) => {
      const request = (): void => {
        const callId = this.#nextCallId++;
        const tell = (kind: MessageMoment, payload: Uint8Array): void =>
          this.#onEvent?.({
            kind,
            callId,
            endName: `${from}>${to}`,
            serverName: String(to),
            methodName: method.name,
            bytes: payload,
            at: this.#clock.now(),
            delayMs: 0,
          });
        const answer = (reply: Uint8Array): void => {
          tell('replyDelayed', reply);
          this.#transmit(to, from, {
            arrive: () =>
              run(() => {
                tell('delivered', reply);
                resolve({ ok: true, reply: method.reply.decode(reply) });
              }),
            lose: () => tell('replyDropped', reply),
          });
        };
        const arrive = (): void => {
          const destination = this.#destinations[to];
          if (destination === undefined) {
            tell('requestDropped', bytes);
            return;
          }
          destination.run(() => {
            tell('dispatched', bytes);
            const reply = destination.service.methods.get(methodName)?.dispatch(bytes);
            if (reply instanceof Promise) reply.then((late) => late && answer(late), ignoreStopped);
            else if (reply !== undefined) answer(reply);
          });
        };
        tell('sent', bytes);
        this.#transmit(from, to, { arrive, lose: () => tell('requestDropped', bytes) });
      };
      request();
      if (!this.#isHealthy && this.#random.chance(this.#mix.duplicationPerMille, 1000)) {
        this.tallies.duplicated += 1;
        request();
      }
      this.#clock.setTimer(this.#mix.callTimeoutMs, () => run(() => resolve(failed)));
    });
  }

  #transmit(from: number, to: number, { arrive, lose }: { arrive: () => void; lose: () => void }): void {
    this.tallies.sent += 1;
    this.#sentBy[from] = this.sentBy(from) + 1;
    if (!this.#isHealthy && this.#random.chance(this.#mix.lossPerMille, 1000)) {
      this.tallies.lost += 1;
      lose();
      return;
    }
    this.#clock.setTimer(this.#drawDelayMs(), () => {
      // A link that is cut loses messages in flight, too.
      if (this.#cut.has(from * this.#mix.servers + to)) {
        this.tallies.lost += 1;
        lose();
        return;
      }
      this.tallies.delivered += 1;
      arrive();
    });
  }

  #drawDelayMs(): number {
    const { delayMaxMs, slowPerMille } = this.#mix;
    if (this.#isHealthy) return this.#random.uniform(0, 1);
    const isSlow = this.#random.chance(slowPerMille, 1000);
    return this.#random.uniform(0, isSlow ? delayMaxMs * slowFactor : delayMaxMs);
  }
}

/** A handler fails only when its peer has stopped, which the peer itself reports. */
function ignoreStopped(): void {}

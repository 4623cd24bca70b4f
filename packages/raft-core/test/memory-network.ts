// The smallest transport there is: services in a map, and a delay of one virtual millisecond each way. A call to a server
// that is cut off, or not there, fails when a reply would have come.
import { splitMethodName, type ClientEnd, type Service } from '@raftlab/rpc';
import type { Clock } from '@raftlab/runtime';

export interface SentCall {
  readonly from: number;
  readonly to: number;
  readonly method: string;
  readonly args: unknown;
}

export class MemoryNetwork {
  /** Every call that was made, in order. */
  readonly calls: SentCall[] = [];
  readonly #clock: Clock;
  readonly #services = new Map<number, Service>();
  readonly #cut = new Set<number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The service that answers for `server` from now on; undefined for nobody. */
  connect(server: number, service: Service | undefined): void {
    if (service === undefined) this.#services.delete(server);
    else this.#services.set(server, service);
  }

  /** Separates a server from all others, in both directions, or joins it again. */
  setCut(server: number, isCut: boolean): void {
    if (isCut) this.#cut.add(server);
    else this.#cut.delete(server);
  }

  ends(from: number, serverCount: number): ClientEnd[] {
    return Array.from({ length: serverCount }, (_, to): ClientEnd => ({
      call: async (method, args) => {
        this.calls.push({ from, to, method: method.name, args });
        const request = method.args.encode(args);
        await this.#clock.sleep(1);
        const [, name] = splitMethodName(method.name);
        const isReachable = (): boolean => !this.#cut.has(from) && !this.#cut.has(to);
        const bound = isReachable() ? this.#services.get(to)?.methods.get(name) : undefined;
        const reply = await bound?.dispatch(request);
        await this.#clock.sleep(1);
        return reply === undefined || !isReachable()
          ? { ok: false }
          : { ok: true, reply: method.reply.decode(reply) };
      },
    }));
  }
}

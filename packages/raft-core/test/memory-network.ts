// The smallest transport: services in a map, and a delay of one virtual millisecond in each direction. A call to a server that
// is disconnected or missing fails at the time at which a reply would arrive.
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

  /** The service that answers for `server` from now on; undefined for none. */
  connect(server: number, service: Service | undefined): void {
    if (service === undefined) this.#services.delete(server);
    else this.#services.set(server, service);
  }

  /** Disconnects a server from all others, in both directions, or connects it again. */
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

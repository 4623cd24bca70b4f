// A network whose links take time for every byte, one message after another, so that a message waits behind those before it. A
// link may be cut, refuse every call at once, or let calls hang for ever.
import { splitMethodName, type CallResult, type ClientEnd, type Service } from '@raftlab/rpc';
import type { Clock } from '@raftlab/runtime';

/** What happens to the calls to one server. */
type Condition = 'up' | 'refuses' | 'hangs';

export class NarrowNetwork {
  /** By receiver: bytes of requests that were put on its links. */
  readonly bytesTo = new Map<number, number>();
  /** By receiver and method: how many calls were made. */
  readonly callsTo = new Map<string, number>();
  readonly #clock: Clock;
  readonly #services = new Map<number, Service>();
  readonly #conditions = new Map<number, Condition>();
  readonly #bytesPerMs = new Map<number, number>();
  readonly #freeAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(server: number, service: Service): void {
    this.#services.set(server, service);
  }

  setCondition(server: number, condition: Condition): void {
    this.#conditions.set(server, condition);
  }

  /** The links from and to this server carry this many bytes per ms, each way; unlimited by default. */
  setRate(server: number, bytesPerMs: number): void {
    this.#bytesPerMs.set(server, bytesPerMs);
  }

  forgetCounts(): void {
    this.bytesTo.clear();
    this.callsTo.clear();
  }

  ends(from: number, serverCount: number): ClientEnd[] {
    return Array.from({ length: serverCount }, (_, to): ClientEnd => ({
      call: async (method, args) => {
        const request = method.args.encode(args);
        this.bytesTo.set(to, (this.bytesTo.get(to) ?? 0) + request.length);
        const [, name] = splitMethodName(method.name);
        this.callsTo.set(`${to} ${name}`, (this.callsTo.get(`${to} ${name}`) ?? 0) + 1);
        const failed: CallResult<never> = { ok: false };
        if ((await this.#cross(from, to, request.length)) !== 'up') return failed;
        const reply = await this.#services.get(to)?.methods.get(name)?.dispatch(request);
        if (reply === undefined || (await this.#cross(to, from, reply.length)) !== 'up') return failed;
        return { ok: true, reply: method.reply.decode(reply) };
      },
    }));
  }

  /** Never settles when one of the two hangs. */
  async #cross(from: number, to: number, sizeBytes: number): Promise<Condition> {
    const link = `${from} to ${to}`;
    const rate = Math.min(this.#bytesPerMs.get(from) ?? Infinity, this.#bytesPerMs.get(to) ?? Infinity);
    const end = Math.max(this.#clock.now(), this.#freeAt.get(link) ?? 0) + sizeBytes / rate;
    this.#freeAt.set(link, end);
    await this.#clock.sleep(end - this.#clock.now() + 1);
    const condition = [from, to]
      .map((server) => this.#conditions.get(server) ?? 'up')
      .find((each) => each !== 'up');
    if (condition === 'hangs') await new Promise(() => undefined);
    return condition ?? 'up';
  }
}

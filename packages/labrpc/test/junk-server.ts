// The service of the lab's own labrpc tests: seven handlers, two logs, one lock.
import { bind, makeService, valueMethod, type Method, type Service } from '@raftlab/rpc';
import type { Clock } from '@raftlab/runtime';
import { z } from 'zod';

const junkArgs = z.strictObject({ x: z.int() });
const junkReply = z.strictObject({ x: z.string() });
type JunkArgs = z.infer<typeof junkArgs>;
type JunkReply = z.infer<typeof junkReply>;

export const handler1: Method<string, number> = method('Handler1', z.string(), z.int());
export const handler2: Method<number, string> = method('Handler2', z.int(), z.string());
export const handler3: Method<number, number> = method('Handler3', z.int(), z.int());
export const handler4: Method<JunkArgs, JunkReply> = method('Handler4', junkArgs, junkReply);
export const handler5: Method<JunkArgs, JunkReply> = method('Handler5', junkArgs, junkReply);
export const handler6: Method<string, number> = method('Handler6', z.string(), z.int());
export const handler7: Method<number, string> = method('Handler7', z.int(), z.string());

function method<Args, Reply>(
  name: string,
  args: z.ZodType<Args>,
  reply: z.ZodType<Reply>,
): Method<Args, Reply> {
  return valueMethod(`JunkServer.${name}`, { args, reply });
}

/** How long Handler3 sleeps while it holds the lock. */
const handler3SleepMs = 20_000;

/** One instance of the service. */
export class JunkServer {
  readonly log1: string[] = [];
  readonly log2: number[] = [];
  readonly service: Service;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  /** Resolves when the lock is released; undefined while it is free. */
  #locked: Promise<unknown> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.service = makeService('JunkServer', [
      bind(handler1, (text) => this.#withLock(() => (this.log1.push(text), Number.parseInt(text, 10)))),
      bind(handler2, (x) => this.#withLock(() => (this.log2.push(x), `handler2-${x}`))),
      bind(handler3, (x) => this.#withLock(() => this.#sleepAndNegate(x))),
      bind(handler4, () => ({ x: 'pointer' })),
      bind(handler5, () => ({ x: 'no pointer' })),
      bind(handler6, (text) => this.#withLock(() => text.length)),
      bind(handler7, (count) => this.#withLock(() => 'y'.repeat(count))),
    ]);
  }

  /** Ends the sleep of a running Handler3, which then declines to answer: its 20 s must not outlive the test. */
  stop(): void {
    this.#stop.abort();
  }

  async #sleepAndNegate(x: number): Promise<number | undefined> {
    const sleep = this.#clock.sleep(handler3SleepMs, this.#stop.signal);
    const isAwake = sleep.then(
      () => true,
      () => false,
    );
    this.#locked = isAwake;
    const isAnswering = await isAwake;
    this.#locked = undefined;
    return isAnswering ? -x : undefined;
  }

  #withLock<T>(handle: () => T | Promise<T>): T | Promise<T> {
    return this.#locked === undefined ? handle() : this.#locked.then(handle);
  }
}

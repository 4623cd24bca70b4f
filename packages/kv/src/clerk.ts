// A client of the key/value service. A command of a clerk is executed once, even if messages are lost or repeated, or a server that
// does not lead answers.
import type { ClientEnd } from '@raftlab/rpc';
import { Attempts, type AttemptOptions } from './attempts.ts';
import type { CallOptions, ReadOptions } from './call-options.ts';
import { CommandSession } from './command-session.ts';
import type { KeyValueAnswer, KeyValuePair, KeyValueResult } from './operation.ts';
import { answerOf, readCall } from './read.ts';

/**
 * One client. Its commands are sent one after another, in the order of the calls; each is executed once, or, when its call
 * rejects with ClerkAbortedError or SessionExpiredError, once or never. Reads may overtake them.
 */
export class Clerk {
  readonly #attempts: Attempts;
  readonly #session: CommandSession;

  /** `ends`: one to each server, in any order. Throws a RangeError without ends. */
  constructor(ends: readonly ClientEnd[], options: AttemptOptions) {
    this.#attempts = new Attempts(ends, options);
    this.#session = new CommandSession(this.#attempts);
  }

  /** The pair of a key; undefined when the key is missing. */
  async get(key: string, options: ReadOptions = {}): Promise<KeyValuePair | undefined> {
    const reply = await this.#attempts.call(readCall({ kind: 'get', key }, options));
    return answerOf(reply).pairs[0];
  }

  /**
   * The first keys that begin with `prefix`, in the order of their code units; 100 at most unless `limit` says so. With `after`, the
   * first ones behind that key.
   */
  async range(
    prefix: string,
    options: ReadOptions & { readonly limit?: number; readonly after?: string } = {},
  ): Promise<KeyValueAnswer> {
    const { limit = 100, after } = options;
    const query = { kind: 'range', prefix, limit, ...(after !== undefined && { after }) } as const;
    return answerOf(await this.#attempts.call(readCall(query, options)));
  }

  /** Sets a key. */
  put(key: string, value: string, options?: CallOptions): Promise<KeyValueResult> {
    return this.#session.execute({ kind: 'put', key, value }, options);
  }

  /** Appends to a key; a missing one is made. */
  append(key: string, value: string, options?: CallOptions): Promise<KeyValueResult> {
    return this.#session.execute({ kind: 'append', key, value }, options);
  }

  /** Removes a key. `applied` is false when it was missing. */
  delete(key: string, options?: CallOptions): Promise<KeyValueResult> {
    return this.#session.execute({ kind: 'delete', key }, options);
  }

  /** Sets a key if it has this version; version 0 means that it is missing. `applied` says whether it had. */
  compareAndSet(
    { key, version }: { readonly key: string; readonly version: number },
    value: string,
    options?: CallOptions,
  ): Promise<KeyValueResult> {
    return this.#session.execute({ kind: 'compareAndSet', key, value, version }, options);
  }
}

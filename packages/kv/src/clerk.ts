// A client of the key/value service. A command of a clerk is executed once, even if messages are lost or repeated, or a server that
// does not lead answers.
import type { ClientEnd } from '@raftlab/rpc';
import type { ReadLevel, SessionId } from '@raftlab/rsm';
import type { CancelSignal } from '@raftlab/runtime';
import { assert, AssertionError } from '@raftlab/runtime/assert';
import { Attempts, type AttemptOptions } from './attempts.ts';
import { ClerkBusyError, CommandTooLargeError, SessionExpiredError } from './errors.ts';
import type {
  KeyValueAnswer,
  KeyValueCommand,
  KeyValuePair,
  KeyValueQuery,
  KeyValueResult,
} from './operation.ts';
import { executeMethod, openSessionMethod, readMethod } from './protocol.ts';

/** Commands of one clerk that wait for earlier ones, at most. */
export const waitingCommandsMax = 1024;

/** What every call takes. */
export interface CallOptions {
  /** Ends the call with a ClerkAbortedError. Without it a call waits as long as there is no leader. */
  readonly signal?: CancelSignal;
}

/** What every read takes. */
export interface ReadOptions extends CallOptions {
  /** `linearizable` unless set. */
  readonly level?: ReadLevel;
}

/**
 * One client. Its commands are sent one after another, in the order of the calls; each is executed once, or, when its call
 * rejects with ClerkAbortedError or SessionExpiredError, once or never. Reads may overtake them.
 */
export class Clerk {
  readonly #attempts: Attempts;
  /** Undefined before the first command, and when the session has expired. */
  #session: SessionId | undefined;
  /** Of the last command of the session. */
  #sequence = 0;
  /** Settles when all commands so far have ended. */
  #commands: Promise<unknown> = Promise.resolve();
  #waitingCount = 0;

  /** `ends`: one to each server, in any order. */
  constructor(ends: readonly ClientEnd[], options: AttemptOptions) {
    this.#attempts = new Attempts(ends, options);
  }

  /** The pair of a key; undefined when the key is missing. */
  async get(key: string, options: ReadOptions = {}): Promise<KeyValuePair | undefined> {
    const { pairs } = await this.#read({ kind: 'get', key }, options);
    return pairs[0];
  }

  /** The first keys that begin with `prefix`, in the order of their code units; 100 at most unless `limit` says so. */
  range(prefix: string, options: ReadOptions & { readonly limit?: number } = {}): Promise<KeyValueAnswer> {
    return this.#read({ kind: 'range', prefix, limit: options.limit ?? 100 }, options);
  }

  /** Sets a key. */
  put(key: string, value: string, options: CallOptions = {}): Promise<KeyValueResult> {
    return this.#execute({ kind: 'put', key, value }, options);
  }

  /** Appends to a key; a missing one is made. */
  append(key: string, value: string, options: CallOptions = {}): Promise<KeyValueResult> {
    return this.#execute({ kind: 'append', key, value }, options);
  }

  /** Removes a key. `applied` is false when it was missing. */
  delete(key: string, options: CallOptions = {}): Promise<KeyValueResult> {
    return this.#execute({ kind: 'delete', key }, options);
  }

  /** Sets a key if it has this version; version 0 means that it is missing. `applied` says whether it had. */
  compareAndSet(
    { key, version }: { readonly key: string; readonly version: number },
    value: string,
    options: CallOptions = {},
  ): Promise<KeyValueResult> {
    return this.#execute({ kind: 'compareAndSet', key, value, version }, options);
  }

  async #read(
    query: KeyValueQuery,
    { level = 'linearizable', signal }: ReadOptions,
  ): Promise<KeyValueAnswer> {
    const reply = await this.#attempts.call({ method: readMethod, args: { query, level }, signal });
    if (reply.ok) return reply.value;
    throw new AssertionError(`a read was refused as ${reply.refusal}, which only a command can be`);
  }

  #execute(command: KeyValueCommand, options: CallOptions): Promise<KeyValueResult> {
    if (this.#waitingCount >= waitingCommandsMax)
      return Promise.reject(new ClerkBusyError(waitingCommandsMax));
    this.#waitingCount += 1;
    const done = this.#commands.then(() => this.#executeNow(command, options));
    const leave = (): void => {
      assert(this.#waitingCount >= 1, 'more commands ended than began');
      this.#waitingCount -= 1;
    };
    this.#commands = done.then(leave, leave);
    return done;
  }

  async #executeNow(command: KeyValueCommand, { signal }: CallOptions): Promise<KeyValueResult> {
    for (;;) {
      const session = await this.#openSession(signal);
      this.#sequence += 1;
      const args = { session, sequence: this.#sequence, command };
      assert(args.sequence >= 1, () => `a command with number ${args.sequence}`);
      let mayHaveRun = false;
      const onUnknown = (): void => {
        mayHaveRun = true;
      };
      const reply = await this.#attempts.call({ method: executeMethod, args, signal, onUnknown });
      if (reply.ok) return reply.value;
      switch (reply.refusal) {
        case 'TooLarge':
          throw new CommandTooLargeError(command.key);
        case 'Superseded':
          throw new AssertionError(`command ${args.sequence} of session ${session} is not its last`);
        case 'SessionExpired':
          this.#session = undefined;
          if (mayHaveRun) throw new SessionExpiredError(session);
          // It was sent in no other session, and refused in this one: it has not run.
          break;
      }
    }
  }

  async #openSession(signal: CancelSignal | undefined): Promise<SessionId> {
    if (this.#session !== undefined) return this.#session;
    const reply = await this.#attempts.call({ method: openSessionMethod, args: null, signal });
    if (!reply.ok) throw new AssertionError(`a session was refused as ${reply.refusal}`);
    assert(reply.value >= 1, () => `a session with the name ${reply.value}`);
    this.#session = reply.value;
    this.#sequence = 0;
    return reply.value;
  }
}

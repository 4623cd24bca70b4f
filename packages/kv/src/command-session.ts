// The commands of one session: numbered, and sent one after another.
import type { SessionId } from '@raftlab/rsm';
import type { CancelSignal } from '@raftlab/runtime';
import { assert, AssertionError } from '@raftlab/runtime/assert';
import type { Attempts } from './attempts.ts';
import type { CallOptions } from './call-options.ts';
import { ClerkAbortedError, ClerkBusyError, CommandTooLargeError, SessionExpiredError } from './errors.ts';
import type { KeyValueCommand, KeyValueResult } from './operation.ts';
import { orAborted } from './or-aborted.ts';
import { executeMethod, openSessionMethod } from './methods.ts';

/** Commands of one session that wait for earlier ones, at most. */
export const waitingCommandsMax = 1024;

/**
 * Executes commands in a session of the service, in the order of the calls. The session is opened by the first command, and again
 * after it has expired. A command that was aborted after it was sent can take effect later, but not after a later command of
 * this session.
 */
export class CommandSession {
  readonly #attempts: Attempts;
  /** Undefined before the first command, and when the session has expired. */
  #session: SessionId | undefined;
  /** Of the last command of the session. */
  #sequence = 0;
  /** Settles when all commands so far have ended. */
  #commands: Promise<unknown> = Promise.resolve();
  #waitingCount = 0;

  /** Several sessions may share the attempts. */
  constructor(attempts: Attempts) {
    this.#attempts = attempts;
  }

  /**
   * Executes a command once. Rejects with ClerkAbortedError or SessionExpiredError when that is uncertain, with
   * CommandTooLargeError, and with ClerkBusyError when `waitingCommandsMax` commands wait already.
   */
  execute(command: KeyValueCommand, { signal }: CallOptions = {}): Promise<KeyValueResult> {
    if (this.#waitingCount >= waitingCommandsMax)
      return Promise.reject(new ClerkBusyError(waitingCommandsMax));
    this.#waitingCount += 1;
    const earlier = this.#commands;
    const done = unlessAborted(earlier, signal).then(() => this.#executeNow(command, signal));
    const leave = (): Promise<unknown> => {
      assert(this.#waitingCount >= 1, 'more commands ended than began');
      this.#waitingCount -= 1;
      // A command that was aborted while it waited ends before the earlier ones.
      return earlier;
    };
    this.#commands = done.then(leave, leave);
    return done;
  }

  async #executeNow(command: KeyValueCommand, signal: CancelSignal | undefined): Promise<KeyValueResult> {
    for (;;) {
      const session = this.#session ?? (await this.#openSession(signal));
      this.#sequence += 1;
      const args = { session, sequence: this.#sequence, command };
      assert(args.sequence >= 1, () => `a command with number ${args.sequence}`);
      const reply = await this.#attempts.call({ method: executeMethod, args, signal });
      if (reply.ok) return reply.value;
      switch (reply.refusal) {
        case 'TooLarge':
          throw new CommandTooLargeError(command.key);
        case 'Unknown':
        case 'Superseded':
          throw new AssertionError(
            `command ${args.sequence} of session ${session} ended as ${reply.refusal}`,
          );
        case 'SessionExpired':
          this.#session = undefined;
          if (reply.mayHaveRun) throw new SessionExpiredError(session);
          // It was sent in no other session, and refused in this one: it has not run.
          break;
      }
    }
  }

  async #openSession(signal: CancelSignal | undefined): Promise<SessionId> {
    assert(this.#session === undefined, 'a session is opened where there is none');
    const reply = await this.#attempts
      .call({ method: openSessionMethod, args: null, signal })
      .catch(hadNoEffect);
    if (!reply.ok) throw new AssertionError(`a session was refused as ${reply.refusal}`);
    assert(reply.value >= 1, () => `a session with the name ${reply.value}`);
    this.#session = reply.value;
    this.#sequence = 0;
    return reply.value;
  }
}

/** An aborted opening of a session: the command has not been sent. */
function hadNoEffect(error: unknown): never {
  if (!(error instanceof ClerkAbortedError)) throw error;
  throw new ClerkAbortedError(error.cause, { mayHaveRun: false, failures: error.failures });
}

function unlessAborted(earlier: Promise<unknown>, signal: CancelSignal | undefined): Promise<unknown> {
  if (signal === undefined) return earlier;
  return orAborted(signal, {
    begin(resolve) {
      void earlier.then(resolve);
      return () => undefined;
    },
    errorOf: (reason) => new ClerkAbortedError(reason, { mayHaveRun: false, failures: new Map() }),
  });
}

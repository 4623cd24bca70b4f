// The commands of one session: numbered, and sent one after another.
import type { SessionId } from '@raftlab/rsm';
import type { CancelSignal } from '@raftlab/runtime';
import { assert, AssertionError } from '@raftlab/runtime/assert';
import type { Attempts, FinalReply } from './attempts.ts';
import type { CallOptions } from './call-options.ts';
import { ClerkAbortedError, ClerkBusyError, CommandTooLargeError, SessionExpiredError } from './errors.ts';
import type { KeyValueCommand, KeyValueResult } from './operation.ts';
import { orAborted } from './or-aborted.ts';
import { executeMethod, openSessionMethod } from './methods.ts';
import type { ExecuteArgs } from './protocol.ts';

/** Commands of one session that have not ended, at most: the one that is executed, and those that wait for it. */
export const waitingCommandsMax = 1024;

type Refused = Extract<FinalReply<unknown>, { readonly ok: false }>;

/**
 * Executes commands in a session of the service, in the order of the calls. The session is opened by the first command, and again
 * after it has expired. A command that was aborted after it was sent can take effect later, but not after a later command of
 * this session.
 */
export class CommandSession {
  readonly #attempts: Attempts;
  /** Undefined before the first command, and when the session has expired. */
  #session: SessionId | undefined;
  /** The number of the last command of the session. */
  #sequence = 0;
  #isExecuting = false;
  /** For each command that waits for earlier ones, the function that starts it; in the order of the calls. */
  readonly #waiting = new Set<() => void>();

  /** Several sessions may share the attempts. */
  constructor(attempts: Attempts) {
    this.#attempts = attempts;
  }

  /**
   * Executes a command once. Rejects with ClerkAbortedError or SessionExpiredError when that is uncertain, with
   * CommandTooLargeError, and with ClerkBusyError when `waitingCommandsMax` commands have not ended.
   */
  async execute(command: KeyValueCommand, { signal }: CallOptions = {}): Promise<KeyValueResult> {
    if (this.#waiting.size + Number(this.#isExecuting) >= waitingCommandsMax)
      throw new ClerkBusyError(waitingCommandsMax);
    // Most commands need not wait: they are spared the promise of `#turn`.
    if (this.#isExecuting) await this.#turn(signal);
    else if (signal?.aborted === true) throw abortedUnsent(signal.reason);
    this.#isExecuting = true;
    try {
      for (;;) {
        const session = this.#session ?? (await this.#openSession(signal));
        this.#sequence += 1;
        const args = { session, sequence: this.#sequence, command };
        assert(args.sequence >= 1, () => `a command with number ${args.sequence}`);
        const reply = await this.#attempts.call({ method: executeMethod, args, signal });
        if (reply.ok) return reply.value;
        this.#onRefusal(reply, args);
      }
    } finally {
      this.#beginNext();
    }
  }

  /** Resolves when the earlier commands have ended. */
  #turn(signal: CancelSignal | undefined): Promise<void> {
    return orAborted(signal, {
      begin: (end) => {
        this.#waiting.add(end);
        return () => this.#waiting.delete(end);
      },
      errorOf: abortedUnsent,
    });
  }

  /** Hands the session to the command that has waited longest. */
  #beginNext(): void {
    assert(this.#isExecuting, 'more commands ended than began');
    for (const begin of this.#waiting) {
      this.#waiting.delete(begin);
      begin();
      return;
    }
    this.#isExecuting = false;
  }

  /** Returns when the command is to be repeated, in a new session. */
  #onRefusal({ refusal, mayHaveRun }: Refused, { session, sequence, command }: ExecuteArgs): void {
    switch (refusal) {
      case 'TooLarge':
        throw new CommandTooLargeError(command.key);
      case 'Unknown':
      case 'Superseded':
        throw new AssertionError(`command ${sequence} of session ${session} ended as ${refusal}`);
      case 'SessionExpired':
        this.#session = undefined;
        if (mayHaveRun) throw new SessionExpiredError(session);
      // Otherwise it was sent in no other session, and refused in this one: it has not run.
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

function abortedUnsent(reason: unknown): ClerkAbortedError {
  return new ClerkAbortedError(reason, { mayHaveRun: false, failures: new Map() });
}

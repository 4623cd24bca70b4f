// How a call of a clerk can fail.

/** What is known of a call that was aborted. */
export interface AbortedCall {
  /** Whether a command may have been executed, or may still be. */
  readonly mayHaveRun: boolean;
  /** Why the last attempt at each server failed, in words, by the position of its end. Empty when none has failed. */
  readonly failures: ReadonlyMap<number, string>;
}

/** The caller's signal was aborted. */
export class ClerkAbortedError extends Error implements AbortedCall {
  override readonly name: string = 'ClerkAbortedError';
  readonly mayHaveRun: boolean;
  readonly failures: ReadonlyMap<number, string>;

  /** `cause`: the reason of the signal. */
  constructor(reason: unknown, { mayHaveRun, failures }: AbortedCall) {
    const effect = mayHaveRun ? 'a command may have run' : 'it had no effect';
    super(`The call was aborted by its signal, with the reason ${String(reason)}; ${effect}.`, {
      cause: reason,
    });
    this.mayHaveRun = mayHaveRun;
    this.failures = failures;
  }
}

/**
 * The service has closed the clerk's session, because more clients than it keeps sessions for were active since, while a command
 * was under way that may have been executed. Read the key to find out. The next command opens a new session.
 */
export class SessionExpiredError extends Error {
  override readonly name: string = 'SessionExpiredError';
  /** The session that is gone. */
  readonly session: number;

  constructor(session: number) {
    super(
      `Session ${session} has expired while a command was under way, which may have been executed; ` +
        'read the key, then decide whether to repeat the command.',
    );
    this.session = session;
  }
}

/** The command is longer than the servers accept. It was not executed. */
export class CommandTooLargeError extends Error {
  override readonly name: string = 'CommandTooLargeError';
  /** The key of the command. */
  readonly key: string;

  constructor(key: string) {
    super(
      `The command on key ${JSON.stringify(key)} is longer than the servers accept; write a shorter value.`,
    );
    this.key = key;
  }
}

/** More commands wait in the clerk than it keeps. The command was not sent. */
export class ClerkBusyError extends Error {
  override readonly name: string = 'ClerkBusyError';

  constructor(waitingMax: number) {
    super(`${waitingMax} commands of this clerk wait already; await some of them, or use more clerks.`);
  }
}

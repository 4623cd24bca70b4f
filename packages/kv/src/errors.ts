// How a call of a clerk can fail.

/** The caller's signal was aborted. A command that was under way may have been executed, or may still be. */
export class ClerkAbortedError extends Error {
  override readonly name: string = 'ClerkAbortedError';

  /** `cause`: the reason of the signal. */
  constructor(reason: unknown) {
    super(`The call was aborted by its signal, with the reason ${String(reason)}; a command may have run.`, {
      cause: reason,
    });
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

// How a command is ended early: Ctrl-C ends it with the results so far, and a closed standard output (`| head`), or one that
// cannot be written, makes further output useless. All long-running subcommands get their signal here, so that they end in the same way.

const interruptedExitCode = 130;
/** The status that a shell reports for a program that was ended by SIGTERM. */
const terminatedExitCode = 143;
/** The status that a shell reports for a program that was ended by SIGPIPE. */
const brokenPipeExitCode = 141;
/** Standard output is a file that cannot be written, such as one on a full disk: the command was wrong. */
const unwritableOutputExitCode = 2;

/** One per process: it listens to standard output from the start. */
export class ExitSignals {
  readonly #abort = new AbortController();
  /** What the process exits with because standard output takes no more; undefined while it does. */
  #outputExitCode: number | undefined;

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#outputExitCode !== undefined) return;
      const isPipeBroken = error.code === 'EPIPE';
      if (!isPipeBroken) process.stderr.write(`error: standard output cannot be written: ${error.message}\n`);
      this.#outputExitCode = isPipeBroken ? brokenPipeExitCode : unwritableOutputExitCode;
      process.exitCode = this.#outputExitCode;
      this.#abort.abort();
    });
  }

  /** Aborted when the command is to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From now on the first Ctrl-C aborts the signal, and the second one ends the process. Before, the first one ends it. */
  handleInterrupts(): void {
    // Not once(): the live view and the spinner listen too, to show the cursor again, and end the process when they are alone.
    process.on('SIGINT', () => {
      if (this.signal.aborted) process.exit(interruptedExitCode);
      this.#abort.abort();
    });
  }

  /** From now on the first SIGTERM or Ctrl-C aborts the signal, and the second one ends the process. */
  handleTermination(): void {
    this.handleInterrupts();
    process.on('SIGTERM', () => {
      if (this.signal.aborted) process.exit(terminatedExitCode);
      this.#abort.abort();
    });
  }

  /** Must be called after the last output. */
  exit(exitCode: number): void {
    process.exitCode = this.#outputExitCode ?? exitCode;
    // An interrupted command still has timers and threads.
    if (this.signal.aborted) process.exit();
  }
}

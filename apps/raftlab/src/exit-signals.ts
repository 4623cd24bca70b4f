// How a command is ended early: Ctrl-C asks for the results so far, and a closed standard output (`| head`) makes more output
// useless. Every subcommand that runs for long takes its signal from here, so that all of them end alike.

const interruptedExitCode = 130;
/** What a shell reports for a program that was ended by SIGPIPE. */
const brokenPipeExitCode = 141;

/** One for each process: it listens to standard output from the start. */
export class ExitSignals {
  readonly #abort = new AbortController();
  #isPipeBroken = false;

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#isPipeBroken = true;
      process.exitCode = brokenPipeExitCode;
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

  /** Call this after the last output. */
  exit(exitCode: number): void {
    process.exitCode = this.#isPipeBroken ? brokenPipeExitCode : exitCode;
    // An interrupted command still has timers and threads.
    if (this.signal.aborted) process.exit();
  }
}

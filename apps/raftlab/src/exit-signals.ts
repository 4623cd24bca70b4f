// How a command is ended from outside: Ctrl-C asks for what there is so far, and a reader that has gone (`| head`) wants
// nothing more. All commands with a long way to go take it from here, so that they end alike.

const interruptedExitCode = 130;
/** As a shell has it for a program that ended by SIGPIPE. */
const readerGoneExitCode = 141;

export class OutsideEnd {
  readonly #abort = new AbortController();
  #isReaderGone = false;

  constructor() {
    // Nobody is left to tell, and nothing is known of what has not run.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#isReaderGone = true;
      process.exitCode = readerGoneExitCode;
      this.#abort.abort();
    });
  }

  /** Aborted when the command shall end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The first Ctrl-C aborts the signal, the second means it. Until this is called Ctrl-C ends the process, as ever. */
  takeInterrupts(): void {
    // Not once(): what draws on the terminal listens too, to give the cursor back, and ends the process when it is the only one.
    process.on('SIGINT', () => {
      if (this.signal.aborted) process.exit(interruptedExitCode);
      this.#abort.abort();
    });
  }

  /** To be called when all is said. */
  exit(exitCode: number): void {
    process.exitCode = this.#isReaderGone ? readerGoneExitCode : exitCode;
    // What was interrupted still has timers and threads.
    if (this.signal.aborted) process.exit();
  }
}

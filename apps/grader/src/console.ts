// Standard output and standard error of the process, and its end.
import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';

/** What a shell reports for a program that SIGPIPE ended. */
const brokenPipeExitCode = 141;

export class Console {
  /** Colours on a terminal, unless NO_COLOR is set; nothing at all elsewhere. */
  readonly colors: Colors = pc.createColors(process.stdout.isTTY && pc.isColorSupported);

  constructor() {
    // Whoever reads our output has seen enough (`grade | head`): there is nobody left to work for.
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EPIPE') process.exit(brokenPipeExitCode);
      throw error;
    };
    process.stdout.on('error', onError);
    process.stderr.on('error', onError);
  }

  print(...lines: readonly string[]): void {
    for (const line of lines) process.stdout.write(`${line}\n`);
  }

  complain(...lines: readonly string[]): void {
    for (const line of lines) process.stderr.write(`${line}\n`);
  }

  /** When everything is written. Does not wait for what tests may have left behind: timers, threads. */
  exit(exitCode: number): void {
    process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
  }
}

// A trace cannot be written to the requested path.
import { CommandError } from '../command-error.ts';

/** The message names the file and the reason of the file system. */
export class TraceFileError extends CommandError {
  override readonly name: string = 'TraceFileError';

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the trace ${path} cannot be written: ${reason}`, { cause });
  }
}

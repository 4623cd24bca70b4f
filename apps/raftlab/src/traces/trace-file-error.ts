// A trace could not be put where it was asked for.
/** The message names the file and says why. */
export class TraceFileError extends Error {
  override readonly name: string = 'TraceFileError';

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the trace ${path} cannot be written: ${reason}`, { cause });
  }
}

// A command that cannot be carried out as it was given. Every error that the user can correct is one of these.

/** The message has the problem, its place, and the remedy. The command line prints it and exits with 2. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

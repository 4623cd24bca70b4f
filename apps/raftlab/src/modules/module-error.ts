// A module that the user named cannot be used.
import { CommandError } from '../command-error.ts';

/** The module of --impl or --service cannot be loaded; `reason` is the cause, with file and line if they are known. */
export class ModuleError extends CommandError {
  override readonly name: string = 'ModuleError';

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path} cannot be loaded: ${reason}`, options);
  }
}

// A report that is written to a file. The file is opened before the first test runs, so that an invalid path is reported at once.
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError } from '../../command-error.ts';

/** The message has the file and what prevents that it is written. */
export class ReportFileError extends CommandError {
  override readonly name: string = 'ReportFileError';

  constructor(path: string, cause: unknown) {
    super(`the report ${path} cannot be written: ${reasonOf(path, cause)}`, { cause });
  }
}

export class ReportFile {
  readonly #path: string;
  readonly #descriptor: number;

  /** Truncates an existing file. Its folder must exist: a path that is misspelt is an error, and creates nothing. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new ReportFileError(path, error);
    }
  }

  /** Appends to the text written so far. */
  write(text: string): void {
    try {
      writeFileSync(this.#descriptor, text);
    } catch (error) {
      throw new ReportFileError(this.#path, error);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function reasonOf(path: string, cause: unknown): string {
  const folder = dirname(path);
  if (!existsSync(folder)) return `the folder ${folder} does not exist; create it, or correct the path.`;
  return cause instanceof Error ? cause.message : String(cause);
}

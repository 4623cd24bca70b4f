// A report that is written to a file. The file is opened before the first test runs, so that an invalid path is reported at once.
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError } from '../../command-error.ts';

/** The message has the file and the reason of the file system. */
export class ReportFileError extends CommandError {
  override readonly name: string = 'ReportFileError';

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the report ${path} cannot be written: ${reason}`, { cause });
  }
}

export class ReportFile {
  readonly #path: string;
  readonly #descriptor: number;

  /** Truncates an existing file, and creates missing folders. */
  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
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

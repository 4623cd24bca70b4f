// A report on its way into a file. It is opened before the first test runs, so that a bad path costs nobody a grading.
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The message names the file and says why. */
export class ReportFileError extends Error {
  override readonly name: string = 'ReportFileError';

  constructor(path: string, cause: unknown) {
    super(`the report ${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

export class ReportFile {
  readonly #path: string;
  readonly #descriptor: number;

  /** Empties what is there, and makes the folders that are missing. */
  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new ReportFileError(path, error);
    }
  }

  /** Goes on where the last write ended. */
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

// Finds the learner's own line in a stack trace. The thread runs with source maps, so line numbers are those of the sources.
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';

export class SourceFiles {
  /** The displayed path, by each of the two names that a source has in stack traces. */
  readonly #shownBy = new Map<string, string>();

  /** Displayed paths are relative to `folder`. */
  constructor(files: readonly string[], folder: string) {
    for (const file of files) {
      const shown = relative(folder, file);
      this.#shownBy.set(file, shown).set(pathToFileURL(file).href, shown);
    }
  }

  /** `raft.ts:57`: the innermost line of the sources in the stack trace of an error, or in that of its cause. */
  locationOf(thrown: unknown): string | undefined {
    const { stack, cause } = partsOf(thrown);
    for (const frame of stack.split('\n')) {
      const location = /^ +at /.test(frame) ? this.locationIn(frame) : undefined;
      if (location !== undefined) return location;
    }
    return cause instanceof Error ? this.locationOf(cause) : undefined;
  }

  /** The location in one line of a stack trace, if it is in the sources. */
  locationIn(frame: string): string | undefined {
    for (const [name, shown] of this.#shownBy) {
      const at = frame.indexOf(`${name}:`);
      if (at <= 0 || !/[ (]/.test(frame.charAt(at - 1))) continue;
      const [line] = /^\d+/.exec(frame.slice(at + name.length + 1)) ?? [];
      if (line !== undefined) return `${shown}:${line}`;
    }
    return undefined;
  }
}

/** The thrown value may be anything, and reading it may throw. */
function partsOf(thrown: unknown): { stack: string; cause: unknown } {
  try {
    if (!(thrown instanceof Error)) return { stack: '', cause: undefined };
    const { stack, cause } = thrown;
    return { stack: typeof stack === 'string' ? stack : '', cause };
  } catch {
    return { stack: '', cause: undefined };
  }
}

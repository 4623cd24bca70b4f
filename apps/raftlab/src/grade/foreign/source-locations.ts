// Finds the learner's own line in a stack trace. The thread runs with source maps, so that lines are those of the sources.
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';

export class Sources {
  /** Every source by the two names that it has in stack traces. */
  readonly #shownBy = new Map<string, string>();

  /** `folder`: what the paths that are shown are relative to. */
  constructor(files: readonly string[], folder: string) {
    for (const file of files) {
      const shown = relative(folder, file);
      this.#shownBy.set(file, shown).set(pathToFileURL(file).href, shown);
    }
  }

  /** `raft.ts:57`: the innermost place in the sources that a stack trace has, or that of its cause. */
  placeOf(thrown: unknown): string | undefined {
    const { stack, cause } = partsOf(thrown);
    for (const frame of stack.split('\n')) {
      const place = /^ +at /.test(frame) ? this.placeIn(frame) : undefined;
      if (place !== undefined) return place;
    }
    return cause instanceof Error ? this.placeOf(cause) : undefined;
  }

  /** The place that one line of a stack trace names, if it lies in the sources. */
  placeIn(frame: string): string | undefined {
    for (const [name, shown] of this.#shownBy) {
      const at = frame.indexOf(`${name}:`);
      if (at <= 0 || !/[ (]/.test(frame.charAt(at - 1))) continue;
      const [line] = /^\d+/.exec(frame.slice(at + name.length + 1)) ?? [];
      if (line !== undefined) return `${shown}:${line}`;
    }
    return undefined;
  }
}

/** What is thrown may be anything, and may throw when it is read. */
function partsOf(thrown: unknown): { stack: string; cause: unknown } {
  try {
    if (!(thrown instanceof Error)) return { stack: '', cause: undefined };
    const { stack, cause } = thrown;
    return { stack: typeof stack === 'string' ? stack : '', cause };
  } catch {
    return { stack: '', cause: undefined };
  }
}

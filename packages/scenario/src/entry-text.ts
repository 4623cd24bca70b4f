// An entry as text: its term, with its kind unless it is a command: `2`, `2:noop`, `2:configuration`.
import type { EntryKind, Term } from '@raftlab/protocol';

/** The content of an entry that its text shows. Every `LogEntry` has it. */
export interface EntrySketch {
  readonly term: Term;
  readonly kind: EntryKind;
}

export function formatEntry({ term, kind }: EntrySketch): string {
  return kind === 'command' ? String(term) : `${term}:${kind}`;
}

/** The inverse of formatEntry; undefined for any other text. */
export function readEntry(text: string): EntrySketch | undefined {
  const [, term, kind = 'command'] = /^(\d+)(?::(\w+))?$/.exec(text) ?? [];
  if (term === undefined) return undefined;
  switch (kind) {
    case 'command':
    case 'noop':
    case 'configuration': {
      const entry: EntrySketch = { term: Number(term), kind };
      return formatEntry(entry) === text ? entry : undefined;
    }
    default:
      return undefined;
  }
}

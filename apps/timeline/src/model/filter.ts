// Which events are shown. Steps, warnings and failures of the test are always shown.
import type { ServerId, Term } from '@raftlab/protocol';
import type { Run } from './run.ts';

/** Which events are hidden. */
export interface Filter {
  /** Hides events of these servers, and messages from or to them. */
  readonly hiddenServers: readonly ServerId[];
  /** Names of kinds, see `Run.kinds`. */
  readonly hiddenKinds: readonly string[];
  /** Hides events of other terms; both ends are included. */
  readonly terms: { readonly from: Term; readonly to: Term } | undefined;
}

/** The filter that hides nothing. */
export const showAll: Filter = { hiddenServers: [], hiddenKinds: [], terms: undefined };

/** Returns whether the event at an offset is shown. Reads columns only, since it is called for every arrow that is drawn. */
export function filterPredicate(
  run: Run,
  { hiddenServers, hiddenKinds, terms }: Filter,
): (offset: number) => boolean {
  const hidesServer = new Set(hiddenServers);
  const hidesKind = run.kinds.map(({ name }) => name !== 'test' && hiddenKinds.includes(name));
  const isTest = run.kinds.map(({ name }) => name === 'test');
  return (offset) => {
    const kind = run.kindOf[offset] ?? 0;
    if (isTest[kind] === true) return true;
    if (hidesKind[kind] === true) return false;
    if (hidesServer.has(run.serverOf[offset] ?? -1) || hidesServer.has(run.peerOf[offset] ?? -1))
      return false;
    if (terms === undefined || run.serverOf[offset] === -1) return true;
    const term = run.termOf[offset] ?? Number.NaN;
    return term >= terms.from && term <= terms.to;
  };
}

/** Parses `5`, `3-7`, `3-` or `-7`; an empty text is all terms. Throws RangeError for anything else. */
export function parseTerms(text: string): Filter['terms'] {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const [, first = '', dash, last = ''] = /^(\d{0,15})\s*([-–])?\s*(\d{0,15})$/.exec(trimmed) ?? [];
  if (first === '' && last === '') {
    throw new RangeError(`"${trimmed}" is not a term or a range of terms; write 5 or 3-7.`);
  }
  const from = first === '' ? 0 : Number(first);
  const to = dash === undefined ? from : last === '' ? Number.MAX_SAFE_INTEGER : Number(last);
  if (from > to)
    throw new RangeError(`The range of terms from ${from} to ${to} is empty; write the lower term first.`);
  return { from, to };
}

/** The text that `parseTerms` parses to these terms. */
export function formatTerms(terms: Filter['terms']): string {
  if (terms === undefined) return '';
  const { from, to } = terms;
  if (from === to) return String(from);
  return `${from}-${to === Number.MAX_SAFE_INTEGER ? '' : to}`;
}

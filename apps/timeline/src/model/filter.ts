// Which events are shown. What concerns no server, and the test's own steps and failures, is always shown.
import type { ServerId, Term } from '@raftlab/protocol';
import type { Run } from './run.ts';

export interface Filter {
  readonly hiddenServers: readonly ServerId[];
  /** By name, see `Run.kinds`. */
  readonly hiddenKinds: readonly string[];
  /** Only what is of these terms, both ends included. */
  readonly terms: { readonly from: Term; readonly to: Term } | undefined;
}

export const showAll: Filter = { hiddenServers: [], hiddenKinds: [], terms: undefined };

/** Takes the number of an event. Looks at columns only: it is asked for every arrow that is drawn. */
export function passing(
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

/** `5`, `3-7`, `3-`, `-7`, or nothing for all; an Error says what else it is. */
export function parseTerms(text: string): Filter['terms'] {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const [, first = '', dash, last = ''] = /^(\d{0,15})\s*([-–])?\s*(\d{0,15})$/.exec(trimmed) ?? [];
  if (first === '' && last === '') {
    throw new Error(`"${trimmed}" is no term and no range of terms; write 5, or 3-7.`);
  }
  const from = first === '' ? 0 : Number(first);
  const to = dash === undefined ? from : last === '' ? Number.MAX_SAFE_INTEGER : Number(last);
  if (from > to) throw new Error(`There is no term from ${from} to ${to}.`);
  return { from, to };
}

export function formatTerms(terms: Filter['terms']): string {
  if (terms === undefined) return '';
  const { from, to } = terms;
  if (from === to) return String(from);
  return `${from}-${to === Number.MAX_SAFE_INTEGER ? '' : to}`;
}

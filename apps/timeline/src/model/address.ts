// The part of the page's address after the #. It contains everything that determines what is shown, so that a copied address
// shows the same.
import { formatTerms, parseTerms, showAll, type Filter } from './filter.ts';
import type { TimeWindow } from './window.ts';

/** What an address contains. */
export interface Address {
  /** The offset of the event under the cursor. */
  readonly event: number | undefined;
  /** The time in view. */
  readonly window: TimeWindow | undefined;
  readonly filter: Filter;
  /** The text of the search. */
  readonly query: string;
  readonly theme: Theme;
}

/** `auto`: the theme of the system. */
export type Theme = 'auto' | 'light' | 'dark';

/** The address without the #. `parseAddress` restores it; window bounds are rounded to a microsecond. */
export function formatAddress({ event, window, filter, query, theme }: Address): string {
  const parts = new Map<string, string>();
  if (event !== undefined) parts.set('event', String(event));
  if (window !== undefined) parts.set('window', `${round(window.from)}~${round(window.to)}`);
  if (filter.hiddenServers.length > 0) parts.set('hide-servers', filter.hiddenServers.join('~'));
  if (filter.hiddenKinds.length > 0) parts.set('hide-kinds', filter.hiddenKinds.map(escape).join('~'));
  if (filter.terms !== undefined) parts.set('terms', formatTerms(filter.terms));
  if (query !== '') parts.set('find', escape(query));
  if (theme !== 'auto') parts.set('theme', theme);
  return [...parts].map(([name, value]) => `${name}=${value}`).join('&');
}

/** Parses an address, with or without the #. Parts that are invalid or unknown are ignored, and listed in `problems`. */
export function parseAddress(hash: string): { address: Address; problems: readonly string[] } {
  const problems: string[] = [];
  const parts = new Map<string, string>();
  for (const part of hash.replace(/^#/, '').split('&')) {
    const [name = '', ...value] = part.split('=');
    if (name !== '') parts.set(name, value.join('='));
  }
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = parts.get(name);
    parts.delete(name);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch {
      problems.push(`${name}=${text}`);
      return undefined;
    }
  };
  const address: Address = {
    event: read('event', parseCount),
    window: read('window', parseWindow),
    filter: {
      hiddenServers: read('hide-servers', (text) => text.split('~').map(parseCount)) ?? showAll.hiddenServers,
      hiddenKinds:
        read('hide-kinds', (text) => text.split('~').map(decodeURIComponent)) ?? showAll.hiddenKinds,
      terms: read('terms', parseTerms),
    },
    query: read('find', decodeURIComponent) ?? '',
    theme: read('theme', parseTheme) ?? 'auto',
  };
  problems.push(...parts.keys());
  return { address, problems };
}

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new RangeError('not a count');
  return Number(text);
}

function parseWindow(text: string): TimeWindow {
  const [from = Number.NaN, to = Number.NaN] = text.split('~').map(Number);
  if (!(from < to)) throw new RangeError('not a window');
  return { from, to };
}

function parseTheme(text: string): Theme {
  if (text !== 'light' && text !== 'dark') throw new RangeError('not a theme');
  return text;
}

function escape(text: string): string {
  return encodeURIComponent(text).replaceAll('~', '%7E');
}

function round(ms: number): number {
  return Number(ms.toFixed(3));
}

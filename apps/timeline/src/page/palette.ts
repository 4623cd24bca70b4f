// The colours that the canvases share with the style sheet, which has them for light and for dark. A colour never says
// anything alone: terms are also numbers, roles also shapes, kinds of messages also names.
import type { Term } from '@raftlab/protocol';

export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly faint: string;
  readonly accent: string;
  readonly danger: string;
  readonly messages: readonly string[];
  /** Of a term: a surface that text is readable on, and a line that is visible on the background. */
  readonly surface: (term: Term) => string;
  readonly stroke: (term: Term) => string;
}

/** In degrees: the hues between orange and violet, since red is kept for what went wrong. */
const firstHue = 60;
const hues = 280;

/** Terms that follow each other are far apart. */
export function hueOf(term: Term): number {
  return Math.round(firstHue + ((80 + term * hues * 0.381966) % hues));
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    background: read('surface'),
    text: read('text'),
    muted: read('muted'),
    line: read('line'),
    faint: read('faint'),
    accent: read('accent'),
    danger: read('danger'),
    messages: [1, 2, 3, 4].map((number) => read(`message-${number}`)),
    surface: (term) => `oklch(${read('term-surface')} ${hueOf(term)})`,
    stroke: (term) => `oklch(${read('term-stroke')} ${hueOf(term)})`,
  };
}

const knownMessages = ['AppendEntries', 'RequestVote', 'InstallSnapshot'];

/** Which of the message colours: the paper's three messages have one each, all others share the last. */
export function messageColour(name: string): number {
  const known = knownMessages.indexOf(name);
  return known === -1 ? knownMessages.length : known;
}

// The colours of the style sheet, light or dark, for use on canvases. No information is shown by colour alone: terms are also numbers,
// roles also shapes, kinds of messages also names.
import type { Term } from '@raftlab/protocol';

/** The colours of the current theme, as CSS colours. */
export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly faint: string;
  readonly accent: string;
  readonly danger: string;
  /** By `messageColour`. */
  readonly messages: readonly string[];
  /** The colour of a term for a surface with text on it. */
  readonly surface: (term: Term) => string;
  /** The colour of a term for a line on the background. */
  readonly stroke: (term: Term) => string;
}

/** The hues of terms, in degrees: from orange to violet, since red is reserved for failures. */
const firstHue = 60;
const hues = 280;

/** The hue of a term, in degrees. Consecutive terms have very different hues. */
export function hueOf(term: Term): number {
  return Math.round(firstHue + ((80 + term * hues * 0.381966) % hues));
}

/** Reads the colours of the current theme from the style sheet. */
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

/** The offset of a message's colour in `Palette.messages`. The paper's three messages have one each; all others share the last. */
export function messageColour(name: string): number {
  const known = knownMessages.indexOf(name);
  return known === -1 ? knownMessages.length : known;
}

// A text that grows at its end. Appending takes the time of what is appended, and texts share what they have in common: a search
// keeps thousands of versions of a long value.

/** What was appended last, and what before that. */
interface Piece {
  readonly before: Piece | undefined;
  readonly text: string;
}

/** The base followed by the pieces. */
export interface GrowingText {
  readonly base: string;
  readonly last: Piece | undefined;
  readonly length: number;
  /** Depends on the characters, not on how they are divided. */
  readonly hash: number;
}

/** How much of the end of a base `mayBegin` compares: enough to tell values with unique parts from each other. */
const comparedCharacters = 32;

export function growingText(base: string): GrowingText {
  return { base, last: undefined, length: base.length, hash: hashOn(0, base) };
}

export function appendText({ base, last, length, hash }: GrowingText, text: string): GrowingText {
  return { base, last: { before: last, text }, length: length + text.length, hash: hashOn(hash, text) };
}

/**
 * `undefined` when the two differ. Otherwise the same text with `text` as its base, so that neither the pieces are compared again
 * nor a copy of them is kept.
 */
export function rebase(growing: GrowingText, text: string): GrowingText | undefined {
  if (growing.length !== text.length || !mayBegin(growing, text)) return undefined;
  const { base, hash } = growing;
  // Comparing slices is several times faster than startsWith.
  if (text.slice(0, base.length) !== base) return undefined;
  return { base: text, last: undefined, length: text.length, hash };
}

/** False only if `text` does not begin like that. The beginning of a long base is not compared. */
export function mayBegin(growing: GrowingText, text: string): boolean {
  if (growing.length > text.length) return false;
  let end = growing.length;
  for (let piece = growing.last; piece !== undefined; piece = piece.before) {
    end -= piece.text.length;
    if (!text.startsWith(piece.text, end)) return false;
  }
  return text.endsWith(growing.base.slice(-comparedCharacters), end);
}

export function areSameText(one: GrowingText, other: GrowingText): boolean {
  if (one.hash !== other.hash || one.length !== other.length) return false;
  let [left, right] = [one.last, other.last];
  while (left !== right) {
    // Divided in different ways.
    if (left?.text.length !== right?.text.length) return wholeText(one) === wholeText(other);
    if (left?.text !== right?.text) return false;
    [left, right] = [left?.before, right?.before];
  }
  return one.base === other.base;
}

export function wholeText({ base, last }: GrowingText): string {
  const texts: string[] = [];
  for (let piece = last; piece !== undefined; piece = piece.before) texts.push(piece.text);
  return base + texts.toReversed().join('');
}

/** The hash of a text whose beginning has the hash, and which goes on with `rest`. */
function hashOn(hash: number, rest: string): number {
  let result = hash;
  for (let offset = 0; offset < rest.length; offset += 1)
    result = (Math.imul(result, 31) + rest.charCodeAt(offset)) | 0;
  return result;
}

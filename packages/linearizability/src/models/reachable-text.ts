// Whether puts, appends and deletes can still make one value out of another: what the key/value model knows of the future.
import { mayBegin, type GrowingText } from './growing-text.ts';
import type { KeyValueInput } from './key-value-operation.ts';

/**
 * False only if no operations out of `others`, in any order and each at most once, make a value, or a missing key (`undefined`),
 * into the text. The text must begin with the present value, or with what another operation puts there, and go on with what is
 * appended.
 */
export function canReachText(
  from: GrowingText | undefined,
  text: string,
  others: () => readonly KeyValueInput[],
): boolean {
  const starts: number[] = [];
  if (from === undefined) starts.push(0);
  else if (mayBegin(from, text)) starts.push(from.length);
  if (from !== undefined && starts[0] === text.length) return true;
  const appends: string[] = [];
  for (const other of others()) {
    if (other.kind === 'delete') starts.push(0);
    else if (other.kind === 'append') appends.push(other.value);
    else if ('value' in other && text.startsWith(other.value)) starts.push(other.value.length);
  }
  return starts.some((start) => canGrow(text, { start, appends }));
}

/** Whether the text can go on from `start` with the appends; yes when there are several ways to read it. */
function canGrow(text: string, { start, appends }: { start: number; appends: readonly string[] }): boolean {
  let at = start;
  while (at < text.length) {
    let next: string | undefined;
    for (const append of appends) {
      // Of two texts of one length only one can be at one place.
      if (append === '' || append.length === next?.length || !text.startsWith(append, at)) continue;
      if (next !== undefined) return true;
      next = append;
    }
    if (next === undefined) return false;
    at += next.length;
  }
  return true;
}

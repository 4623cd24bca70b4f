// What a graded implementation did wrong in a way that no check of the lab describes: it threw, returned nonsense, or used
// what it may not use.
import { inspect } from 'node:util';

export class ImplementationFault extends Error {
  override readonly name: string = 'ImplementationFault';
}

/** `TypeError: x is not a function`, or whatever else was thrown. Never throws itself, whatever that is. */
export function inWords(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return `the value ${shortly(thrown)}`;
    const cause = thrown.cause instanceof Error ? `, because of ${inWords(thrown.cause)}` : '';
    return `${thrown.name}: ${thrown.message}${cause}`;
  } catch {
    return 'an error that throws when it is read';
  }
}

/** In one line. */
export function shortly(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 60 });
}

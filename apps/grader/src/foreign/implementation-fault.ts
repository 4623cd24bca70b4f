// What a graded implementation did wrong in a way that no check of the lab describes: it threw, returned nonsense, or used
// what it may not use.
import { inspect } from 'node:util';

export class ImplementationFault extends Error {
  override readonly name: string = 'ImplementationFault';
}

/** `TypeError: x is not a function`, or whatever else was thrown. */
export function inWords(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `the value ${shortly(thrown)}`;
}

/** In one line. */
export function shortly(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 60 });
}

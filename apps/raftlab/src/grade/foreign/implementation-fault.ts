// An error of a graded implementation that no check of the lab describes: it threw, returned a wrong value, or used a function
// that is not allowed.
import { inspect } from 'node:util';

export class ImplementationFault extends Error {
  override readonly name: string = 'ImplementationFault';
  /** The rule of Raft that is broken; undefined for a fault of the code. */
  readonly property: string | undefined;

  constructor(message: string, { property, ...options }: ErrorOptions & { readonly property?: string } = {}) {
    super(message, options);
    this.property = property;
  }
}

/** `TypeError: x is not a function`, or a description of the thrown value. Never throws. */
export function errorText(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return `the value ${shortly(thrown)}`;
    const cause = thrown.cause instanceof Error ? `, because of ${errorText(thrown.cause)}` : '';
    return `${thrown.name}: ${thrown.message}${cause}`;
  } catch {
    return 'an error that throws when it is read';
  }
}

/** The value in one line. */
export function shortly(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 60 });
}

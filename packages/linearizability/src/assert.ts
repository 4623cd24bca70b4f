// Assertions are always on: after a broken one no verdict of the checker can be trusted.

/** A bug in the checker or in a model, never a property of the history that is checked. */
export class AssertionError extends Error {
  override readonly name: string = 'AssertionError';
}

/** Throws an `AssertionError` unless the condition holds. A function as message is only called then. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

// Assertions. They are always on, in production too: after a failed one the state of the program cannot be trusted.
// An entry point of its own, `@raftlab/runtime/assert`, because rooms that run in a browser need it without Node's timers.

/**
 * A bug: a condition that the program relies on is false. It is thrown by `assert` only, so a caller that catches it knows
 * that no fault of the outside world (a lost message, a full disk) was the cause. The message contains the values that broke
 * the condition. The object on which the assertion failed must not be used any more.
 */
export class AssertionError extends Error {
  override readonly name: string = 'AssertionError';
}

/**
 * Throws an AssertionError with this message unless the condition is true. For conditions that only a bug can break; input
 * from outside is checked by a codec or a documented error. Pass a function where building the message costs something: it
 * is called only on failure. `details` follow the message after a colon: one function can serve many assertions.
 */
export function assert(
  condition: boolean,
  message: string | (() => string),
  details?: () => string,
): asserts condition {
  if (condition) return;
  const text = typeof message === 'string' ? message : message();
  throw new AssertionError(details === undefined ? text : `${text}: ${details()}`);
}

// Assertions are always on: a broken one means that the state can no longer be trusted, so the peer stops.

/** A bug, here or in another server: something that Raft's rules make impossible has happened. */
export class AssertionError extends Error {
  override readonly name: string = 'AssertionError';
}

export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

// The test for a promise that a caller returns: any value with a `then`, also of another library or realm.

/** Whether the value is a promise, or any other value with a method `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return 'then' in value && typeof value.then === 'function';
}

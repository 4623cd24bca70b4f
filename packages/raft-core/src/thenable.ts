// What counts as a promise where a caller hands one back: anything with a `then`, also of another library or realm.

/** Whether the value is a promise, or anything else that has a method `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return 'then' in value && typeof value.then === 'function';
}

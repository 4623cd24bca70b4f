export { CorruptStateError, UnusableError } from './errors.ts';
export { mergeBatches } from './merge-batches.ts';
export type { Storage, StoredState, WriteBatch } from './storage.ts';

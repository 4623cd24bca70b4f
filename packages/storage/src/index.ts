export { mergeBatches } from './merge-batches.ts';
export { CorruptStateError, type Storage, type StoredState, type WriteBatch } from './storage.ts';

export { applyBatch, nothingStored } from './apply-batch.ts';
export { BatchError, checkBatch, type StoredLog } from './check-batch.ts';
export { watched, type Disk, type DiskWatch } from './disk.ts';
export { CorruptStateError, UnusableError } from './errors.ts';
export { LogOutline, type OutlineData, type TermRun } from './log-outline.ts';
export { mergeBatches } from './merge-batches.ts';
export type { Storage, StoredState, WriteBatch } from './storage.ts';

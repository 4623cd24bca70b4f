export { applyBatch, nothingStored } from './apply-batch.ts';
export { BatchMerger, mergeBatches } from './batch-merger.ts';
export { BatchError, checkBatch, type StoredLog } from './check-batch.ts';
export { claimStorage } from './claim.ts';
export { watched, type Disk, type DiskWatch } from './disk.ts';
export { CorruptStateError, StorageInUseError, UnusableError } from './errors.ts';
export { LogOutline, type OutlineData, type TermRun } from './log-outline.ts';
export type { Storage, StoredState, WriteBatch } from './storage.ts';

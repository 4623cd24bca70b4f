// The values of --storage.
import { raftlab, raftlabOnSlowDisk, type Implementation } from '@raftlab/test-harness';

export const storageNames = ['memory', 'slow-disk'] as const;
export type StorageName = (typeof storageNames)[number];

/** Our Raft on the named storage. */
export function implementationOn(storage: StorageName): Implementation {
  return storage === 'memory' ? raftlab : raftlabOnSlowDisk;
}

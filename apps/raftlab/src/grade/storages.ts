// The values of --storage.
import { raftlab, raftlabOnSlowDisk, raftlabOnWal, type Implementation } from '@raftlab/test-harness';

export const storageNames = ['memory', 'slow-disk', 'wal'] as const;
export type StorageName = (typeof storageNames)[number];

const implementations: Readonly<Record<StorageName, Implementation>> = {
  memory: raftlab,
  'slow-disk': raftlabOnSlowDisk,
  wal: raftlabOnWal,
};

/** Our Raft on the named storage. */
export function implementationOn(storage: StorageName): Implementation {
  return implementations[storage];
}

// Which storages are in use in this process. Two peers on one storage would each overwrite the term and the vote of the other,
// and a server that forgets its vote can elect two leaders (§5.2).
import { StorageInUseError } from './errors.ts';
import type { Storage } from './storage.ts';

const inUse = new WeakSet<Storage>();

/**
 * Marks the storage as used by one peer until the returned function is called. Throws StorageInUseError when it is in use. A
 * storage on files also guards its directory, against a second storage object and other processes.
 */
export function claimStorage(storage: Storage): () => void {
  if (inUse.has(storage)) throw new StorageInUseError();
  inUse.add(storage);
  let isReleased = false;
  return () => {
    if (!isReleased) inUse.delete(storage);
    isReleased = true;
  };
}

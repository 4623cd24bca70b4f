export {
  DelayingStorage,
  DiskError,
  type DiskHabits,
  type DiskSurroundings,
  usualDisk,
} from './delaying-storage.ts';
export { MemoryDisk } from './memory-disk.ts';
export { Persister } from './persister.ts';

export { DelayingStorage, DiskError, type DiskHabits } from './delaying-storage.ts';
export { Persister } from './persister.ts';

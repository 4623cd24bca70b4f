export { CorruptStateError, type Storage, type StoredState, type WriteBatch } from './storage.ts';

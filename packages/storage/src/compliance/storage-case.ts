// What a test supplies to the compliance suite, and what it gets.
import type { Storage } from '../storage.ts';

/** The storage under test. */
export interface StorageFactory {
  /** A storage on which nothing was ever written. */
  create(): Storage | Promise<Storage>;
  /**
   * What a restart finds after a crash at this very moment: at least every write that was acknowledged. The old storage is
   * not used again.
   */
  crash(storage: Storage): Storage | Promise<Storage>;
  /**
   * Opens the medium of this storage once more, for a medium that can be opened by name. Throws or rejects while the storage is
   * not closed.
   */
  readonly openAgain?: (storage: Storage) => Storage | Promise<Storage>;
  /** For a storage that can be damaged; the suite has further cases for each kind of damage. */
  readonly damage?: StorageDamage;
}

/**
 * Ways to damage a storage, none of which a correct medium would do. Where they return a storage, it is what a restart
 * finds, as with `crash`. Opening it may already reject with the CorruptStateError that `load` would throw.
 */
export interface StorageDamage {
  /** Of the stored bytes, in the order in which they were written, only this portion (from 0 to 1) is left. */
  readonly cutTail?: (storage: Storage, portion: number) => Storage | Promise<Storage>;
  /** One bit is inverted. `place` (0 or more, less than 1) says which of all stored bits. */
  readonly flipBit?: (storage: Storage, place: number) => Storage | Promise<Storage>;
  /** The next write to the medium fails, as with a full disk or a failed sync. */
  readonly failNextWrite?: (storage: Storage) => void;
}

/** One rule that a storage keeps. */
export interface StorageCase {
  /** The rule, as a sentence. */
  readonly title: string;
  /** Rejects with an Error that shows what was expected and what was found. */
  readonly run: () => Promise<void>;
}

/** A rule that every storage keeps, whatever the factory can do. */
export interface CaseOfAny {
  readonly title: string;
  readonly run: (factory: StorageFactory) => Promise<void>;
}

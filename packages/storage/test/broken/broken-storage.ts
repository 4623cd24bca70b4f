// A storage that breaks one rule, and the cases of the suite that must detect it.
import type { StorageFactory } from '@raftlab/storage/compliance';

export interface BrokenStorage {
  /** Its error: "a storage that …". */
  readonly what: string;
  readonly factory: StorageFactory;
  /** The beginnings of the titles of the cases that must fail. */
  readonly noticedBy: readonly string[];
}

export function broken(what: string, factory: StorageFactory, ...noticedBy: string[]): BrokenStorage {
  return { what, factory, noticedBy };
}

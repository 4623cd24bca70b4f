// A storage that breaks one rule, and the cases of the suite that must notice it.
import type { StorageFactory } from '@raftlab/storage/compliance';

export interface BrokenStorage {
  /** What it does wrong: "a storage that …". */
  readonly what: string;
  readonly factory: StorageFactory;
  /** How the titles of the cases begin that must fail. */
  readonly noticedBy: readonly string[];
}

export function broken(what: string, factory: StorageFactory, ...noticedBy: string[]): BrokenStorage {
  return { what, factory, noticedBy };
}

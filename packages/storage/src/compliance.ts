// What every Storage must do, as data: any test runner, or none, can run it against a new implementation.
import { batchCases } from './compliance/batch-cases.ts';
import { crashCases } from './compliance/crash-cases.ts';
import { damageCases } from './compliance/damage-cases.ts';
import { ownershipCases } from './compliance/ownership-cases.ts';
import type { StorageCase, StorageFactory } from './compliance/storage-case.ts';
import { useCases } from './compliance/use-cases.ts';

export type { StorageCase, StorageDamage, StorageFactory } from './compliance/storage-case.ts';

/**
 * The cases for the storage that the factory makes; those about damage, and about two storages on one medium, only where the
 * factory can do it. Each makes its own storages, so they may run in any order.
 */
export function storageCompliance(factory: StorageFactory): readonly StorageCase[] {
  const always = [...batchCases, ...crashCases, ...ownershipCases];
  return [
    ...always.map(({ title, run }) => ({ title, run: () => run(factory) })),
    ...useCases(factory),
    ...damageCases(factory),
  ];
}

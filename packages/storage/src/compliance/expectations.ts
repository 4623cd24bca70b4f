// What the cases compare: states, as one line of text each.
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { LogEntry } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { CorruptStateError, UnusableError } from '../errors.ts';
import type { Storage, StoredState, WriteBatch } from '../storage.ts';
import type { StorageFactory } from './storage-case.ts';

/** A storage to which the batches were written, one after another. */
export async function written(factory: StorageFactory, batches: readonly WriteBatch[]): Promise<Storage> {
  const storage = await factory.create();
  for (const batch of batches) await storage.write(batch);
  return storage;
}

/** The batches, written one after another, lead to the state, and a crash does not change that. */
export async function check(
  factory: StorageFactory,
  batches: readonly WriteBatch[],
  expected: StoredState,
): Promise<void> {
  await expectDurable(factory, await written(factory, batches), expected);
}

/** The storage contains the state, before and after a crash. */
export async function expectDurable(
  factory: StorageFactory,
  storage: Storage,
  expected: StoredState | undefined,
): Promise<void> {
  await expectState(storage, expected);
  await expectState(await factory.crash(storage), expected);
}

/** The storage contains the state; undefined means that nothing was ever written. */
export async function expectState(storage: Storage, expected: StoredState | undefined): Promise<void> {
  expectSame('What the storage contains', await storage.load(), expected);
}

/** What was found is one of the allowed states. `what` says where it was found. */
export function expectSame(
  what: string,
  found: StoredState | undefined,
  ...allowed: readonly (StoredState | undefined)[]
): void {
  const lines = allowed.map(describe);
  assert(
    lines.includes(describe(found)),
    () => `${what} is wrong.\nexpected: ${lines.join('\n      or: ')}\nfound:    ${describe(found)}`,
  );
}

/** What a damaged storage must do: contain one of the states, or refuse to load. Returns the storage if it does not refuse. */
export async function expectOneOf(
  open: () => Storage | Promise<Storage>,
  allowed: readonly (StoredState | undefined)[],
): Promise<{ readonly storage: Storage; readonly state: StoredState | undefined } | undefined> {
  let storage: Storage;
  let state: StoredState | undefined;
  try {
    storage = await open();
    state = await storage.load();
  } catch (error) {
    const isRefusal = error instanceof CorruptStateError;
    assert(isRefusal, () => `expected: a CorruptStateError, or a state\nfound:    ${String(error)}`);
    return undefined;
  }
  expectSame('What the storage contains after the damage', state, ...allowed);
  return { storage, state };
}

/** The call fails; with an UnusableError, unless another judge of errors is given. */
export async function expectFailure(
  what: string,
  call: () => unknown,
  isExpected: (error: unknown) => boolean = (error) => error instanceof UnusableError,
): Promise<void> {
  const found = await Promise.resolve()
    .then(call)
    .then(
      () => 'it succeeded',
      (error: unknown) => (isExpected(error) ? undefined : String(error)),
    );
  assert(found === undefined, () => `expected: ${what} fails with UnusableError\nfound:    ${found}`);
}

/** A state on one line, such that different states have different lines. */
export function describe(state: StoredState | undefined): string {
  if (state === undefined) return 'nothing (first boot)';
  const { hardState, snapshot, entries } = state;
  const lastIncludedIndex = snapshot?.lastIncludedIndex ?? 0;
  const summary =
    snapshot === undefined
      ? 'none'
      : `${lastIncludedIndex}:t${snapshot.lastIncludedTerm} ${show(snapshot.data)}`;
  const lines = entries.map(
    (each, offset) => `${lastIncludedIndex + 1 + offset}:t${each.term} ${showContent(each)}`,
  );
  return `term ${hardState.currentTerm}, vote ${hardState.votedFor}, snapshot ${summary}, log [${lines.join(', ')}]`;
}

function showContent(entry: LogEntry): string {
  switch (entry.kind) {
    case 'command':
      return show(entry.command);
    case 'noop':
      return 'noop';
    case 'configuration':
      return `configuration ${show(entry.configuration)}`;
    default:
      return `(not an entry: kind ${String(Reflect.get(entry, 'kind'))})`;
  }
}

function show(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) return `(not bytes: ${typeof bytes})`;
  if (bytes.length <= 40) return JSON.stringify(Buffer.from(bytes).toString('latin1'));
  return `(${bytes.length} bytes, CRC32 ${crc32(bytes).toString(16)})`;
}

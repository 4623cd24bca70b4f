// The key/value store as a state machine: deterministic, in memory, without sessions or network.
import { tupleCodec } from '@raftlab/rpc';
import type { QueryableMachine } from '@raftlab/rsm';
import { assert } from '@raftlab/runtime/assert';
import { z } from 'zod';
import {
  valueLengthMax,
  type KeyValueAnswer,
  type KeyValueCommand,
  type KeyValuePair,
  type KeyValueQuery,
  type KeyValueResult,
} from './operation.ts';

interface Versioned {
  readonly value: string;
  readonly version: number;
}

const formatVersion = 1;
const pairsSchema = z.strictObject({
  version: z.literal(formatVersion),
  pairs: z.array(z.tuple([z.string(), z.string(), z.int().min(1)])),
});
const pairsCodec = tupleCodec('snapshot of a key/value store', pairsSchema, {
  toTuple: ({ version, pairs }) => [version, pairs],
  fromTuple: ([version, pairs]) => ({ version, pairs }),
});

const missing: Versioned = { value: '', version: 0 };

/** A store of strings by string, in which every key has a version. */
export class KeyValueMachine implements QueryableMachine<
  KeyValueCommand,
  KeyValueResult,
  KeyValueQuery,
  KeyValueAnswer
> {
  #pairs = new Map<string, Versioned>();
  /** All keys in order; undefined when a key has come or gone since. */
  #sortedKeys: readonly string[] | undefined;

  /** How many keys there are. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Executes a command. */
  apply(command: KeyValueCommand): KeyValueResult {
    const { key } = command;
    const present = this.#pairs.get(key) ?? missing;
    switch (command.kind) {
      case 'put':
        return this.#set(key, command.value, present);
      case 'append':
        if (present.value.length + command.value.length > valueLengthMax) return unchanged(present);
        return this.#set(key, present.value + command.value, present);
      case 'delete':
        if (present.version === 0) return unchanged(present);
        this.#pairs.delete(key);
        this.#sortedKeys = undefined;
        assert(!this.#pairs.has(key), () => `key ${JSON.stringify(key)} is there after its delete`);
        return { applied: true, version: 0 };
      case 'compareAndSet':
        if (command.version !== present.version) return unchanged(present);
        return this.#set(key, command.value, present);
    }
  }

  /** Reads one key, or those with a prefix. */
  query(query: KeyValueQuery): KeyValueAnswer {
    if (query.kind === 'get') {
      const { key } = query;
      return { pairs: this.#pairs.has(key) ? [this.#pair(key)] : [], hasMore: false };
    }
    const { prefix, limit } = query;
    assert(limit >= 1, () => `a range of ${limit} keys`);
    const keys = this.#keysInOrder();
    const first = firstAtLeast(keys, prefix);
    const pairs: KeyValuePair[] = [];
    for (let offset = first; keys[offset]?.startsWith(prefix) === true; offset += 1) {
      if (pairs.length === limit) return { pairs, hasMore: true };
      pairs.push(this.#pair(keys[offset] ?? ''));
    }
    return { pairs, hasMore: false };
  }

  /** All pairs, in the order in which the keys came, which is the same on every server. */
  snapshot(): Uint8Array {
    const pairs: [string, string, number][] = [];
    for (const [key, { value, version }] of this.#pairs) pairs.push([key, value, version]);
    return pairsCodec.encode({ version: formatVersion, pairs });
  }

  /** Throws CodecError for bytes that are no snapshot of this version. */
  restore(snapshot: Uint8Array): void {
    const { pairs } = pairsCodec.decode(snapshot);
    this.#pairs = new Map(pairs.map(([key, value, version]) => [key, { value, version }]));
    this.#sortedKeys = undefined;
    assert(this.#pairs.size === pairs.length, 'a key is twice in a snapshot');
  }

  #set(key: string, value: string, { version }: Versioned): KeyValueResult {
    assert(value.length <= valueLengthMax, () => `a value of ${value.length} characters`);
    assert(version === 0 || this.#pairs.has(key), () => `a missing key has version ${version}`);
    if (version === 0) this.#sortedKeys = undefined;
    this.#pairs.set(key, { value, version: version + 1 });
    return { applied: true, version: version + 1 };
  }

  #pair(key: string): KeyValuePair {
    const pair = this.#pairs.get(key);
    assert(pair !== undefined && pair.version >= 1, () => `key ${JSON.stringify(key)} is missing`);
    return { key, ...pair };
  }

  #keysInOrder(): readonly string[] {
    // Without a comparator strings are compared by code units, as `<` does.
    this.#sortedKeys ??= [...this.#pairs.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    return this.#sortedKeys;
  }
}

function unchanged({ version }: Versioned): KeyValueResult {
  return { applied: false, version };
}

/** The offset of the first key that is not before `prefix`. */
function firstAtLeast(keys: readonly string[], prefix: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((keys[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  assert(low <= keys.length, 'a search has left the list');
  return low;
}

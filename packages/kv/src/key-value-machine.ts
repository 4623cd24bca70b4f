// The key/value store as a state machine: deterministic, in memory, without sessions or network.
import { joinPieces, type QueryableMachine } from '@raftlab/rsm';
import { assert } from '@raftlab/runtime/assert';
import {
  valueLengthMax,
  type KeyValueAnswer,
  type KeyValueCommand,
  type KeyValuePair,
  type KeyValueQuery,
  type KeyValueResult,
} from './operation.ts';
import { OrderedMap, type Versioned } from './ordered-map.ts';
import { decodePairs, encodePairs } from './stored-pairs.ts';

const missing: Versioned = { value: '', version: 0 };

/** A store of strings by string, in which every key has a version. */
export class KeyValueMachine implements QueryableMachine<
  KeyValueCommand,
  KeyValueResult,
  KeyValueQuery,
  KeyValueAnswer
> {
  #pairs = new OrderedMap();

  /** How many keys there are. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Executes a command. */
  apply(command: KeyValueCommand): KeyValueResult {
    const { key } = command;
    if (command.kind === 'put') return this.#put(key, command.value);
    const present = this.#pairs.get(key) ?? missing;
    switch (command.kind) {
      case 'append':
        if (present.value.length + command.value.length > valueLengthMax) return unchanged(present);
        return this.#put(key, present.value + command.value);
      case 'delete':
        if (present.version === 0) return unchanged(present);
        assert(this.#pairs.delete(key), () => `key ${JSON.stringify(key)} has a version, and is missing`);
        return { applied: true, version: 0 };
      case 'compareAndSet':
        if (command.version !== present.version) return unchanged(present);
        return this.#put(key, command.value);
    }
  }

  /** Reads one key, or those with a prefix. */
  query(query: KeyValueQuery): KeyValueAnswer {
    if (query.kind === 'get') {
      const { key } = query;
      const pair = this.#pairs.get(key);
      return { pairs: pair === undefined ? [] : [{ key, ...pair }], hasMore: false };
    }
    const { prefix, limit, after = '' } = query;
    assert(limit >= 1, () => `a range of ${limit} keys`);
    const pairs: KeyValuePair[] = [];
    for (const [key, pair] of this.#pairs.entriesFrom(after > prefix ? after : prefix)) {
      if (!key.startsWith(prefix)) break;
      if (key === query.after) continue;
      if (pairs.length === limit) return { pairs, hasMore: true };
      pairs.push({ key, ...pair });
    }
    return { pairs, hasMore: false };
  }

  /** All pairs, in the order of their keys. */
  snapshot(): Uint8Array {
    return joinPieces(this.snapshotPieces());
  }

  /** The same in pieces. */
  snapshotPieces(): Iterable<Uint8Array> {
    return encodePairs(this.#pairs.view());
  }

  /** Throws CodecError for bytes that are no snapshot of a version that this program reads. */
  restore(snapshot: Uint8Array): void {
    for (const _ of this.restoreSteps(snapshot));
  }

  /** The same in steps. */
  *restoreSteps(snapshot: Uint8Array): Generator<void> {
    const restored = new OrderedMap();
    yield* decodePairs(snapshot, (key, pair) => restored.set(key, pair));
    this.#pairs = restored;
  }

  #put(key: string, value: string): KeyValueResult {
    assert(value.length <= valueLengthMax, () => `a value of ${value.length} characters`);
    return { applied: true, version: this.#pairs.put(key, value) };
  }
}

function unchanged({ version }: Versioned): KeyValueResult {
  return { applied: false, version };
}

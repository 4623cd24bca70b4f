// The bytes of a snapshot of the store: a part with the number of pairs, then parts with the pairs in the order of their keys.
import { CodecError, isCount, isText, packTuple, tupleCodec, unpackTuple } from '@raftlab/rpc';
import { encodePart, PartReader } from '@raftlab/rsm';
import { assert } from '@raftlab/runtime/assert';
import { z } from 'zod';
import { keyLengthMax, valueLengthMax } from './operation.ts';
import type { OrderedView, Versioned } from './ordered-map.ts';

const name = 'snapshot of a key/value store';
/** A part ends with the pair that makes it this long, in code units: it takes less than a millisecond to make or to read. */
const partLength = 65_536;
const fieldsOfPair = 3;

const headSchema = z.strictObject({ version: z.literal(2), pairCount: z.int().min(0) });
const headCodec = tupleCodec(name, headSchema, {
  toTuple: ({ version, pairCount }) => [version, pairCount],
  fromTuple: ([version, pairCount]) => ({ version, pairCount }),
});

/** Whether they are keys, values and versions by turns. */
function isPairs(fields: readonly unknown[]): fields is readonly (string | number)[] {
  if (fields.length % fieldsOfPair !== 0) return false;
  for (let at = 0; at < fields.length; at += fieldsOfPair) {
    if (!isText(fields[at], keyLengthMax) || !isText(fields[at + 1], valueLengthMax)) return false;
    if (!isCount(fields[at + 2], 1)) return false;
  }
  return true;
}

/** All in one value, in any order. Read, and not written any more. */
const firstSchema = z.strictObject({
  version: z.literal(1),
  pairs: z.array(z.tuple([z.string(), z.string(), z.int().min(1)])),
});
const firstCodec = tupleCodec(name, firstSchema, {
  toTuple: ({ version, pairs }) => [version, pairs],
  fromTuple: ([version, pairs]) => ({ version, pairs }),
});

/** The pieces of a snapshot with all pairs of the view. */
export function* encodePairs(view: OrderedView): Generator<Uint8Array> {
  yield encodePart(headCodec.encode({ version: 2, pairCount: view.size }));
  let fields: (string | number)[] = [];
  let length = 0;
  for (const { keys, values, versions } of view.runs()) {
    for (const [at, key] of keys.entries()) {
      const [value = '', version = 0] = [values[at], versions[at]];
      assert(version >= 1, () => `key ${JSON.stringify(key)} has version ${version}`);
      fields.push(key, value, version);
      length += key.length + value.length;
      if (length < partLength) continue;
      yield encodePart(packTuple(fields));
      fields = [];
      length = 0;
    }
  }
  if (fields.length > 0) yield encodePart(packTuple(fields));
}

/** Adds every pair of a snapshot, and yields between two parts. Throws CodecError for bytes that are no whole snapshot. */
export function* decodePairs(
  snapshot: Uint8Array,
  add: (key: string, pair: Versioned) => void,
): Generator<void> {
  if (!PartReader.hasParts(snapshot)) {
    for (const [key, value, version] of firstCodec.decode(snapshot).pairs) add(key, { value, version });
    return;
  }
  const parts = new PartReader(name, snapshot);
  const { pairCount } = headCodec.decode(parts.next());
  let count = 0;
  let last: string | undefined;
  while (!parts.isAtEnd) {
    if (count > 0) yield;
    const fields = unpackTuple(name, parts.next());
    if (!isPairs(fields)) throw damaged('a part has something else than keys, values and versions by turns');
    for (let at = 0; at < fields.length; at += fieldsOfPair) {
      const [key, value, version] = [fields[at], fields[at + 1], fields[at + 2]];
      if (typeof key !== 'string' || typeof value !== 'string' || typeof version !== 'number')
        throw damaged(`field ${at} is no key`);
      if (last !== undefined && key <= last)
        throw damaged(`${JSON.stringify(key)} is not after the key before it`);
      last = key;
      add(key, { value, version });
      count += 1;
    }
  }
  if (count !== pairCount) throw damaged(`it has ${count} pairs, and says that it has ${pairCount}`);
}

function damaged(what: string): CodecError {
  return new CodecError('decode', name, [], what);
}

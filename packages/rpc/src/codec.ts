// Codecs: values to bytes and back, as msgpack, checked by a zod schema. Bytes are checked once, where they are decoded; code
// behind a codec trusts the types of the decoded values.
import { assert } from '@raftlab/runtime/assert';
// Not the main entry of msgpackr: where a native addon is installed, that entry decodes some strings differently.
import { Packr } from 'msgpackr/pack';
import type { z } from 'zod';
import { withMarksKept } from './byte-order-marks.ts';
import { CodecError } from './codec-error.ts';
import { findUnserializable } from './serializable.ts';

/** Encodes values of one type to bytes, for a network or a disk, and decodes them. Has no state between two calls. */
export interface Codec<T> {
  /** The kind of value, for error messages, e.g. `RequestVoteArgs`. Not empty. */
  readonly name: string;
  /**
   * Returns new bytes that share no memory with the value. The same value, with its fields in the same order, has the same
   * bytes on every platform. Throws CodecError, with the path in the value, when the value cannot be serialized or is not a T;
   * a codec for trusted values (`tupleCodec`) may skip these checks.
   */
  encode(value: T): Uint8Array;
  /**
   * Returns a new value that shares no memory with the bytes and satisfies the codec's schema. Throws CodecError, and nothing
   * else, for all other bytes. Does not change the bytes.
   */
  decode(bytes: Uint8Array): T;
}

// Messages are self-contained: no records (shape tables that both sides would have to agree on), no references inside a message
// (a few bytes of them unfold into gigabytes). Byte strings are copied: a view would keep the receive buffer alive. A property
// named toJSON is data.
const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  copyBuffers: true,
  structuredClone: false,
  useToJSON: false,
});

/**
 * A codec for any serializable value (see findUnserializable) that satisfies the schema. Objects are encoded with their field
 * names. `encode` checks the value, too: a command that every receiver rejects would stop all of them.
 */
export function valueCodec<T>(name: string, schema: z.ZodType<T>): Codec<T> {
  assertHasName(name);
  return {
    name,
    encode(value) {
      checkSerializable('encode', name, value);
      validate('encode', name, schema, value);
      // A copy: msgpackr returns a part of a larger buffer, which a command that is kept for long would keep alive.
      return new Uint8Array(packr.pack(value));
    },
    decode(bytes) {
      const value = unpack(name, bytes);
      checkSerializable('decode', name, value);
      return validate('decode', name, schema, value);
    },
  };
}

/**
 * A compact codec for objects of one fixed shape: their fields in a fixed order, without names. `encode` trusts the type of its
 * argument; `decode` checks every field by the schema. `fromTuple` returns the object to check, which may be of any type, or
 * undefined when the tuple has the wrong length.
 */
export function tupleCodec<T extends object>(
  name: string,
  schema: z.ZodType<T>,
  shape: { toTuple(value: T): unknown[]; fromTuple(tuple: readonly unknown[]): unknown },
): Codec<T> {
  assertHasName(name);
  return {
    name,
    encode: (value) => packTuple(shape.toTuple(value)),
    decode(bytes) {
      const tuple = unpackTuple(name, bytes);
      const value = shape.fromTuple(tuple);
      if (value === undefined) {
        throw new CodecError('decode', name, [], `a tuple of ${tuple.length} values has the wrong length`);
      }
      return validate('decode', name, schema, value);
    },
  };
}

/**
 * Decodes bytes that are a tuple, without checking its values: part of a codec that does so itself. Throws a CodecError with
 * the codec's name when the bytes are not a tuple.
 */
export function unpackTuple(name: string, bytes: Uint8Array): readonly unknown[] {
  const tuple = unpack(name, bytes);
  if (!Array.isArray(tuple)) throw new CodecError('decode', name, [], 'the bytes are not a tuple');
  return tuple;
}

/**
 * Returns the value as the schema parses it. Throws a CodecError with the codec's name and the path of the first violation when
 * it does not satisfy the schema.
 */
export function validate<T>(
  action: 'encode' | 'decode',
  name: string,
  schema: z.ZodType<T>,
  value: unknown,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map((step) => (typeof step === 'number' ? step : String(step)));
  throw new CodecError(action, name, path, issue?.message ?? 'the schema rejects it');
}

/**
 * Encodes a tuple without checking it: part of a codec whose values are known to be serializable. The bytes may be part of a larger
 * buffer, which they keep alive.
 */
export function packTuple(tuple: readonly unknown[]): Uint8Array {
  const packed = packr.pack(withMarksKept(tuple));
  return new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
}

/**
 * Short bytes are copied here before they are decoded: msgpackr makes a DataView for every array that it has not seen, which
 * costs more than the copy.
 */
const shortBytes = new Uint8Array(2048);

function unpack(name: string, bytes: Uint8Array): unknown {
  const { length } = bytes;
  const isShort = length <= shortBytes.length;
  if (isShort) shortBytes.set(bytes);
  try {
    // A new view, because msgpackr returns Buffers when it reads a Buffer, and adds a property to the array that it reads.
    const source = isShort ? shortBytes : new Uint8Array(bytes.buffer, bytes.byteOffset, length);
    return packr.unpack(source, length);
  } catch (error) {
    // msgpackr throws Error, RangeError (nesting, offsets) or TypeError, depending on what the bytes break.
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodecError('decode', name, [], `${reason} (${length} bytes)`);
  }
}

function checkSerializable(action: 'encode' | 'decode', name: string, value: unknown): void {
  const found = findUnserializable(value);
  if (found === undefined) return;
  throw new CodecError(action, name, found.path, `${found.reason} cannot be serialized`);
}

function assertHasName(name: string): void {
  assert(name !== '', 'the name of a codec must not be empty: its error messages start with it');
}

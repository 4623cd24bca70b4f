// Values to bytes and back: msgpack on the outside, a zod schema at the gate. Bytes are checked once, where they are
// decoded; what comes out is typed and trusted from there on.
// Not the main entry, which takes a native string reader where one is installed: every machine shall read alike.
import { assert } from '@raftlab/runtime/assert';
import { Packr } from 'msgpackr/pack';
import type { z } from 'zod';
import { findUntravellable, formatPath, type ValuePath } from './travel.ts';

/** How one kind of value crosses a network or reaches a disk. */
export interface Codec<T> {
  /** What it carries, for error messages, e.g. `RequestVoteArgs`. */
  readonly name: string;
  /** Fresh bytes that share no memory with the value. Throws CodecError. */
  encode(value: T): Uint8Array;
  /** A fresh value that shares no memory with the bytes. Throws CodecError, and nothing else, on any input. */
  decode(bytes: Uint8Array): T;
}

/** The value or the bytes were not what the codec carries. */
export class CodecError extends Error {
  override readonly name: string = 'CodecError';
  /** The codec's name. */
  readonly subject: string;
  readonly action: 'encode' | 'decode';
  /** Where in the value; empty when it is the value, or the bytes, as a whole. */
  readonly path: ValuePath;
  readonly reason: string;

  constructor(action: 'encode' | 'decode', subject: string, path: ValuePath, reason: string) {
    const where = path.length === 0 ? '' : ` at ${formatPath(path)}`;
    super(`cannot ${action} ${subject}${where}: ${reason}`);
    this.action = action;
    this.subject = subject;
    this.path = path;
    this.reason = reason;
  }
}

// Self-contained messages: no records (shape tables shared between peers decode into wrong fields when they diverge),
// and copies of byte strings (a view would keep the whole receive buffer alive). No references inside a message either: a
// few bytes of them unfold into a value without end. A property that happens to be called toJSON is data.
const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  copyBuffers: true,
  structuredClone: false,
  useToJSON: false,
});

/** A codec for any value that travels and satisfies the schema: objects with their field names, as they are. */
export function valueCodec<T>(name: string, schema: z.ZodType<T>): Codec<T> {
  assert(name !== '', 'a codec needs a name: error messages are built from it');
  return {
    name,
    encode(value) {
      refuseUntravellable('encode', name, value);
      validate('encode', name, schema, value); // refused here, it is one caller's; decoded elsewhere, it is everybody's
      return new Uint8Array(packr.pack(value)); // on its own, not in msgpackr's slab: commands are kept for long
    },
    decode(bytes) {
      const value = unpack(name, bytes);
      refuseUntravellable('decode', name, value);
      return validate('decode', name, schema, value);
    },
  };
}

/**
 * A compact codec for objects of one fixed shape: their fields in order, without names. `encode` trusts the type of its
 * argument; `decode` checks every field by the schema. `fromTuple` may return anything, since the schema judges it; with
 * undefined it refuses the tuple's length.
 */
export function tupleCodec<T extends object>(
  name: string,
  schema: z.ZodType<T>,
  shape: { toTuple(value: T): unknown[]; fromTuple(tuple: readonly unknown[]): unknown },
): Codec<T> {
  assert(name !== '', 'a codec needs a name: error messages are built from it');
  return {
    name,
    encode: (value) => pack(shape.toTuple(value)),
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

/** The values of a tuple, unchecked but for being one. */
export function unpackTuple(name: string, bytes: Uint8Array): readonly unknown[] {
  const tuple = unpack(name, bytes);
  if (!Array.isArray(tuple)) throw new CodecError('decode', name, [], 'the bytes do not hold a tuple');
  return tuple;
}

function pack(value: unknown): Uint8Array {
  const packed = packr.pack(value);
  return new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
}

/** msgpackr makes a DataView for every array that it reads; for short bytes that would cost more than to copy them here. */
const desk = new Uint8Array(2048);

function unpack(name: string, bytes: Uint8Array): unknown {
  const { length } = bytes;
  const isShort = length <= desk.length;
  if (isShort) desk.set(bytes);
  try {
    // A view of our own: from a Buffer, msgpackr would cut Buffers, and it leaves a property on the object that it reads.
    return packr.unpack(isShort ? desk : new Uint8Array(bytes.buffer, bytes.byteOffset, length), length);
  } catch (error) {
    // msgpackr throws Error, RangeError (deep nesting, bad offsets) or TypeError, according to what the bytes break.
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodecError('decode', name, [], `${reason} (${bytes.length} bytes)`);
  }
}

function refuseUntravellable(action: 'encode' | 'decode', name: string, value: unknown): void {
  const found = findUntravellable(value);
  if (found !== undefined) throw new CodecError(action, name, found.path, `${found.reason} cannot travel`);
}

export function validate<T>(
  action: 'encode' | 'decode',
  name: string,
  schema: z.ZodType<T>,
  value: unknown,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = (issue?.path ?? []).map((step) => (typeof step === 'number' ? step : String(step)));
  throw new CodecError(action, name, path, issue?.message ?? 'the schema refuses it');
}

// The part of msgpack that log entries need: tuples, non-negative integers, null and byte strings, as msgpackr writes them.
import { wholeMax, write16, write32, write8, writeWhole } from '@raftlab/rpc';

/** The size of the header of a tuple. */
export function tupleHeaderSizeBytes(valueCount: number): number {
  if (valueCount < 0x10) return 1;
  return valueCount < 0x10000 ? 3 : 5;
}

export const nullSizeBytes = 1;

/** The size of an integer in a tuple, in bytes: 1 to 9. */
export function integerSizeBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  if (value < 0x10000) return 3;
  return value <= wholeMax ? 5 : 9;
}

export function byteStringSizeBytes(length: number): number {
  return (length < 0x100 ? 2 : length < 0x10000 ? 3 : 5) + length;
}

// The writing functions take the offset at which they write, and return the offset after the written bytes.

export function writeTupleHeader(bytes: Uint8Array, at: number, valueCount: number): number {
  if (valueCount < 0x10) {
    bytes[at] = 0x90 | valueCount;
    return at + 1;
  }
  return valueCount < 0x10000 ? write16(bytes, at, 0xdc, valueCount) : write32(bytes, at, 0xdd, valueCount);
}

export function writeNull(bytes: Uint8Array, at: number): number {
  bytes[at] = 0xc0;
  return at + 1;
}

export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  return value <= wholeMax ? writeWhole(bytes, at, value) : writeDouble(bytes, at, value);
}

export function writeByteString(bytes: Uint8Array, start: number, value: Uint8Array): number {
  const { length } = value;
  let at: number;
  if (length < 0x100) at = write8(bytes, start, 0xc4, length);
  else at = length < 0x10000 ? write16(bytes, start, 0xc5, length) : write32(bytes, start, 0xc6, length);
  // For a few bytes, a loop is faster than a call of `set`.
  if (length > 32) bytes.set(value, at);
  else for (let offset = 0; offset < length; offset += 1) bytes[at + offset] = value[offset] ?? 0;
  return at + length;
}

function writeDouble(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = 0xcb;
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setFloat64(at + 1, value);
  return at + 9;
}

/** The result of the reader for bytes in another form than expected. */
export const wrong = -1;

/** Reads the output of the functions above; for other bytes it returns `wrong`. */
export class TupleReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** The number of values that follow. */
  tupleHeader(): number {
    const code = this.#number(1);
    if ((code & 0xf0) === 0x90) return code & 0xf;
    if (code === 0xdc) return this.#number(2);
    return code === 0xdd ? this.#number(4) : wrong;
  }

  /** Skips a null; returns false, without skipping, if the next value is not null. */
  skipNull(): boolean {
    return this.#skip(0xc0);
  }

  /** Skips the header of a tuple of one value; returns false, without skipping, if the next value is not one. */
  skipTupleOfOne(): boolean {
    return this.#skip(0x91);
  }

  integer(): number {
    const code = this.#number(1);
    if (code < 0x80) return code;
    if (code === 0xcc) return this.#number(1);
    if (code === 0xcd) return this.#number(2);
    if (code === 0xce) return this.#number(4);
    return code === 0xcb ? this.#double() : wrong;
  }

  /** The number of bytes that follow. */
  byteStringHeader(): number {
    const code = this.#number(1);
    if (code === 0xc4) return this.#number(1);
    if (code === 0xc5) return this.#number(2);
    return code === 0xc6 ? this.#number(4) : wrong;
  }

  #skip(code: number): boolean {
    const isThere = this.#bytes[this.at] === code;
    if (isThere) this.at += 1;
    return isThere;
  }

  #number(sizeBytes: number): number {
    const bytes = this.#bytes;
    const end = this.at + sizeBytes;
    if (end > bytes.length) return wrong;
    let value = 0;
    while (this.at < end) value = value * 0x100 + (bytes[this.at++] ?? 0);
    return value;
  }

  #double(): number {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    if (this.at + 8 > byteLength) return wrong;
    const value = new DataView(buffer, byteOffset, byteLength).getFloat64(this.at);
    this.at += 8;
    return Number.isSafeInteger(value) && value > wholeMax ? value : wrong;
  }
}

// Integers and headers of msgpack, for codecs that write them by hand. The functions take the offset at which they write, and return the
// offset after the written bytes.

/** The largest integer that is written as one; msgpackr writes larger ones as doubles. */
export const wholeMax = 0xffff_ffff;

/** Writes an integer from 0 to `wholeMax`, in 1, 2, 3 or 5 bytes. */
export function writeWhole(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    bytes[at] = value;
    return at + 1;
  }
  if (value < 0x100) return write8(bytes, at, 0xcc, value);
  return value < 0x10000 ? write16(bytes, at, 0xcd, value) : write32(bytes, at, 0xce, value);
}

/** Writes a code, and a value of one byte. */
export function write8(bytes: Uint8Array, at: number, code: number, value: number): number {
  bytes[at] = code;
  bytes[at + 1] = value;
  return at + 2;
}

/** Writes a code, and a value of two bytes. */
export function write16(bytes: Uint8Array, at: number, code: number, value: number): number {
  bytes[at] = code;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
  return at + 3;
}

/** Writes a code, and a value of four bytes. */
export function write32(bytes: Uint8Array, at: number, code: number, value: number): number {
  bytes[at] = code;
  bytes[at + 1] = value >>> 24;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 8;
  bytes[at + 4] = value;
  return at + 5;
}

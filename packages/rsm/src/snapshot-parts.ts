// The form of a snapshot that is made and read piece by piece: parts, each with a mark and its size before it. Snapshots of the
// first format are one msgpack value, which never begins with the mark.
import { CodecError } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';

/** The first byte of each part. */
const mark = 0xc1;
const headSizeBytes = 5;
const sizeMaxBytes = 2 ** 32 - 1;

/** A part with these bytes. */
export function encodePart(bytes: Uint8Array): Uint8Array {
  assert(bytes.length <= sizeMaxBytes, () => `a part of ${bytes.length} bytes is too large`);
  const part = new Uint8Array(headSizeBytes + bytes.length);
  part[0] = mark;
  new DataView(part.buffer).setUint32(1, bytes.length);
  part.set(bytes, headSizeBytes);
  return part;
}

/** Reads the parts of a snapshot, one after another. */
export class PartReader {
  readonly #name: string;
  readonly #bytes: Uint8Array;
  #at = 0;

  /** `name`: the kind of snapshot, for errors. */
  constructor(name: string, bytes: Uint8Array) {
    this.#name = name;
    this.#bytes = bytes;
  }

  /** Whether the bytes begin as a part. Those of the first format do not. */
  static hasParts(bytes: Uint8Array): boolean {
    return bytes[0] === mark;
  }

  /** Whether all bytes were read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The bytes that were not read. They share memory with the snapshot, as those of parts do. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** The bytes of the next part. Throws CodecError when there is none, or not all of it. */
  next(): Uint8Array {
    const start = this.#at + headSizeBytes;
    if (start > this.#bytes.length || this.#bytes[this.#at] !== mark)
      throw this.#error('no part begins there');
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, headSizeBytes);
    const end = start + view.getUint32(1);
    if (end > this.#bytes.length) throw this.#error(`a part of ${end - start} bytes is not complete`);
    this.#at = end;
    assert(this.#at >= start, 'a part ends behind its head');
    return this.#bytes.subarray(start, end);
  }

  #error(what: string): CodecError {
    return new CodecError('decode', this.#name, [], `${what}, at byte ${this.#at} of ${this.#bytes.length}`);
  }
}

/** All pieces in one array. */
export function joinPieces(pieces: Iterable<Uint8Array>): Uint8Array {
  const list = [...pieces];
  const [first] = list;
  if (list.length === 1 && first !== undefined) return first;
  const joined = new Uint8Array(list.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of list) {
    joined.set(piece, at);
    at += piece.length;
  }
  assert(at === joined.length, 'the pieces fill the array');
  return joined;
}

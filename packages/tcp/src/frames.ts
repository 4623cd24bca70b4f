// Frames: how messages and calls are delimited in a stream of bytes. A frame is the length of its body in four bytes, the
// most significant first, its kind in one byte, and its body.
import { assert } from '@raftlab/runtime/assert';

/** The kinds of frames, as they are numbered on the wire. A later version of the protocol adds kinds, and reuses none. */
export const frameKinds = {
  /** The first frame of the connecting side: its cluster and id, and the server that it wants. */
  hello: 1,
  /** The answer to a hello that is accepted. */
  welcome: 2,
  /** The last frame of a side that refuses the other: the reason. */
  refusal: 3,
  /** Empty; shows that its sender is alive. */
  beat: 4,
  /** A message of Raft, as `messageCodec` writes it. */
  message: 5,
  /** A call: its number, its method, its arguments. */
  call: 6,
  /** The reply to a call: its number, the reply. */
  reply: 7,
  /** The reason why a call has no reply: its number, a code, a sentence. */
  failure: 8,
} as const;

/** The number of a kind of frame. */
export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

/** What comes before the body of a frame. */
export const headerSizeBytes = 5;

/** The size of a number in a body. */
export const numberSizeBytes = 4;

/** Bytes that a correct peer never sends. The connection is closed. */
export class FrameError extends Error {
  override readonly name: string = 'FrameError';
}

/** Takes a frame out of the stream. The body is a view of the receive buffer: it is valid during the call only. */
export type FrameTaker = (kind: number, body: Buffer) => void;

/** Cuts a stream of bytes into frames, however the bytes arrive. */
export class FrameReader {
  /** The largest body that is taken, in bytes. Small before a handshake, and larger after it. */
  maxBytes: number;
  readonly #take: FrameTaker;
  /** The bytes of the next frame that have arrived. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Not before there are this many bytes can the next frame, or its header, be read. */
  #neededBytes = headerSizeBytes;
  #isEnded = false;

  constructor(maxBytes: number, take: FrameTaker) {
    assert(maxBytes > 0, () => `frames of at most ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
    this.#take = take;
  }

  /**
   * Takes every frame that is complete now. Throws a FrameError for one that is too large, without waiting for its bytes, and what
   * the taker throws; the reader must not be used after that.
   */
  push(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held, this.#heldBytes);
    let at = 0;
    let end = this.#endOfFrame(bytes, at);
    while (end <= bytes.length && !this.#isEnded) {
      this.#take(bytes[at + 4] ?? 0, bytes.subarray(at + headerSizeBytes, end));
      at = end;
      end = this.#endOfFrame(bytes, at);
    }
    assert(at <= bytes.length, 'more was read than arrived');
    this.#held = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#heldBytes = bytes.length - at;
    this.#neededBytes = end - at;
    assert(this.#isEnded || this.#heldBytes < this.#neededBytes, 'a frame that is complete was not taken');
  }

  /** Takes no further frame, not even from bytes that have arrived. */
  end(): void {
    this.#isEnded = true;
  }

  /** Where the frame that begins at `at` ends; without its header, where that would end. */
  #endOfFrame(bytes: Buffer, at: number): number {
    const bodyAt = at + headerSizeBytes;
    if (bodyAt > bytes.length || this.#isEnded) return bodyAt;
    const sizeBytes = bytes.readUInt32BE(at);
    if (sizeBytes > this.maxBytes)
      throw new FrameError(`a frame of ${sizeBytes} bytes; at most ${this.maxBytes} are taken`);
    return bodyAt + sizeBytes;
  }
}

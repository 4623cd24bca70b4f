// Frames as one would write them for a measurement: length, number, body, and nothing else. What the networks are compared with.

const headerSizeBytes = 8;

/** @param {number} number @param {Buffer} body */
export function frameOf(number, body) {
  const frame = Buffer.allocUnsafe(headerSizeBytes + body.length);
  frame.writeUInt32BE(body.length);
  frame.writeUInt32BE(number, 4);
  frame.set(body, headerSizeBytes);
  return frame;
}

/** Takes frames out of a stream. */
export class FrameSplitter {
  /** @type {Buffer} */
  #rest = Buffer.alloc(0);
  #take;

  /** @param {(number: number, body: Buffer) => void} take */
  constructor(take) {
    this.#take = take;
  }

  /** @param {Buffer} chunk */
  push(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + headerSizeBytes <= bytes.length) {
      const end = at + headerSizeBytes + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      this.#take(bytes.readUInt32BE(at + 4), bytes.subarray(at + headerSizeBytes, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}

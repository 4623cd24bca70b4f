// A cache for functions of two numbers: an open-addressing table from two integers to a third.

/** The result of `get` for a pair that is not in the table. */
export const unknown = -1;

export class PairTable {
  /** By slot: the pair, and its value plus one; 0 marks a free slot. */
  #words: Int32Array = new Int32Array(3 << 10);
  #placeCount = 1 << 10;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#words.byteLength;
  }

  get(first: number, second: number): number {
    return (this.#words[this.#placeOf(first, second) + 2] ?? 0) - 1;
  }

  /** `value` is 0 or more. */
  set(first: number, second: number, value: number): void {
    const offset = this.#placeOf(first, second);
    const isNew = this.#words[offset + 2] === 0;
    this.#words[offset] = first;
    this.#words[offset + 1] = second;
    this.#words[offset + 2] = value + 1;
    if (!isNew) return;
    this.#size += 1;
    if (this.#size * 2 > this.#placeCount) this.#grow();
  }

  /** The offset of the pair, or of the free slot for it. */
  #placeOf(first: number, second: number): number {
    const words = this.#words;
    const mask = this.#placeCount - 1;
    const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    let place = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const offset = place * 3;
      if (words[offset + 2] === 0 || (words[offset] === first && words[offset + 1] === second)) return offset;
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#placeCount *= 2;
    this.#words = new Int32Array(this.#placeCount * 3);
    this.#size = 0;
    for (let offset = 0; offset < old.length; offset += 3) {
      const value = old[offset + 2] ?? 0;
      if (value !== 0) this.set(old[offset] ?? 0, old[offset + 1] ?? 0, value - 1);
    }
  }
}

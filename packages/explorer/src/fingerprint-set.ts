// The visited states, as 64-bit fingerprints in an open-addressing table: 8 bytes each, plus the free slots.
// Of n states two share a fingerprint with a probability of about n²/2^65: 3 in a million for ten million states.

export class FingerprintSet {
  #words: Uint32Array = new Uint32Array(2 << 12);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#words.byteLength;
  }

  /** Returns whether it is new. */
  add(low: number, high: number): boolean {
    // A slot with two zero words is free.
    const isNew = insert(this.#words, (low | high) === 0 ? 1 : low >>> 0, high >>> 0);
    if (!isNew) return false;
    this.#size += 1;
    // At a load of three quarters a search visits few slots; doubling the size reduces the load to 3/8.
    if (this.#size * 8 > this.#words.length * 3) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#words;
    const words = new Uint32Array(old.length * 2);
    for (let offset = 0; offset < old.length; offset += 2) {
      const low = old[offset] ?? 0;
      const high = old[offset + 1] ?? 0;
      if ((low | high) !== 0) insert(words, low, high);
    }
    this.#words = words;
  }
}

function insert(words: Uint32Array, low: number, high: number): boolean {
  const mask = words.length - 2;
  let offset = (low << 1) & mask;
  for (;;) {
    const lowHere = words[offset] ?? 0;
    const highHere = words[offset + 1] ?? 0;
    if ((lowHere | highHere) === 0) {
      words[offset] = low;
      words[offset + 1] = high;
      return true;
    }
    if (lowHere === low && highHere === high) return false;
    offset = (offset + 2) & mask;
  }
}

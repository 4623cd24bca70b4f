// Lists of integers that grow, without an object for each number: levels of states, parents, fingerprints of parts.

type IntArray = Int32Array | Uint32Array | Uint16Array;

export class GrowingInts<T extends IntArray> {
  readonly #make: (length: number) => T;
  /** The content after `length` is undefined. */
  values: T;
  length = 0;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.values = make(1 << 10);
  }

  push(value: number): void {
    if (this.length === this.values.length) this.#reserve(this.length + 1);
    this.values[this.length] = value;
    this.length += 1;
  }

  append(more: T): void {
    this.#reserve(this.length + more.length);
    this.values.set(more, this.length);
    this.length += more.length;
  }

  #reserve(length: number): void {
    if (length <= this.values.length) return;
    const values = this.#make(Math.max(length, this.values.length * 2));
    values.set(this.values);
    this.values = values;
  }
}

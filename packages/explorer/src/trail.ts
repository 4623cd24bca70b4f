// The path to each state: its predecessor, and which of the predecessor's successors it is. The paths to all states form a tree
// from the first one, in the order in which they were found.
import { GrowingInts } from './growing-ints.ts';

export class Trail {
  readonly #parents: GrowingInts<Uint32Array> = new GrowingInts((length) => new Uint32Array(length));
  readonly #ordinals: GrowingInts<Uint16Array> = new GrowingInts((length) => new Uint16Array(length));

  get stateCount(): number {
    return this.#parents.length;
  }

  get sizeBytes(): number {
    return this.#parents.values.byteLength + this.#ordinals.values.byteLength;
  }

  add(parent: number, ordinal: number): void {
    this.#parents.push(parent);
    this.#ordinals.push(ordinal);
  }

  /** The ordinals of the successors, from the first state to this one. */
  ordinalsTo(state: number): number[] {
    const ordinals: number[] = [];
    for (let at = state; at > 0; at = this.#parents.values[at] ?? 0) {
      ordinals.push(this.#ordinals.values[at] ?? 0);
    }
    return ordinals.toReversed();
  }
}

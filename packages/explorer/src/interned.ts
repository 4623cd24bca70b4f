// Parts of states, each stored once and identified by a number, so that a state of the cluster is a few numbers. Each part is
// stored with its fingerprints under every renaming of the servers.
import { fingerprintOf } from './fingerprint.ts';
import { GrowingInts } from './growing-ints.ts';
import type { Permutation } from './permutation.ts';

export class Interned<T> {
  readonly #describe: (part: T, renamed: Permutation) => number[];
  readonly #permutations: readonly Permutation[];
  readonly #parts: T[] = [];
  readonly #ids = new Map<string, number>();
  /** By part, then by renaming: two words each. */
  readonly fingerprints: GrowingInts<Int32Array> = new GrowingInts((length) => new Int32Array(length));

  /** The first of `permutations` is the identity. */
  constructor(describe: (part: T, renamed: Permutation) => number[], permutations: readonly Permutation[]) {
    this.#describe = describe;
    this.#permutations = permutations;
  }

  get count(): number {
    return this.#parts.length;
  }

  get all(): readonly T[] {
    return this.#parts;
  }

  at(id: number): T {
    const part = this.#parts[id];
    if (part === undefined) throw new RangeError(`no part ${id} of ${this.count}`);
    return part;
  }

  idOf(part: T): number {
    const descriptions = this.#permutations.map((renamed) => this.#describe(part, renamed));
    const key = descriptions[0]?.join(' ') ?? '';
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.count;
    this.#parts.push(part);
    this.#ids.set(key, id);
    for (const description of descriptions) {
      const [low, high] = fingerprintOf(description);
      this.fingerprints.push(low);
      this.fingerprints.push(high);
    }
    return id;
  }
}

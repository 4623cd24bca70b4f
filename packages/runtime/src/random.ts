// The one source of chance: a seeded generator with named, independent streams.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

const urlSafeBase64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Two Randoms made from one seed, or forked from one path of names, give the same draws. */
export class Random {
  readonly #path: string;
  readonly #generator: JumpableRandomGenerator;

  private constructor(path: string, generator: JumpableRandomGenerator) {
    this.#path = path;
    this.#generator = generator;
  }

  static fromSeed(seed: number | string): Random {
    if (typeof seed === 'number' && !Number.isFinite(seed)) {
      throw new RangeError(`A seed must be a string or a finite number; got ${seed}.`);
    }
    return Random.#fromPath(JSON.stringify(seed));
  }

  /** A stream of its own, determined by the seed and the names on the way to it, not by what was drawn meanwhile. */
  fork(name: string): Random {
    // Quoted, so that no two different paths are one text.
    return Random.#fromPath(`${this.#path}/${JSON.stringify(name)}`);
  }

  /** A copy that goes on from the same place. */
  clone(): Random {
    return new Random(this.#path, this.#generator.clone());
  }

  /** An integer, uniform in [min, max], both ends included. */
  int(min: number, max: number): number {
    if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max)) {
      throw new RangeError(`int(min, max) takes integers with min <= max; got ${min}, ${max}.`);
    }
    return uniformInt(this.#generator, min, max);
  }

  /** An integer, uniform in [0, 2^53): practically never the same twice. */
  safeInteger(): number {
    return uniformInt(this.#generator, 0, Number.MAX_SAFE_INTEGER);
  }

  /** A real number, uniform in [min, max). */
  uniform(min: number, max: number): number {
    if (!(Number.isFinite(max - min) && min <= max)) {
      throw new RangeError(`uniform(min, max) takes finite numbers with min <= max; got ${min}, ${max}.`);
    }
    const value = min + (max - min) * uniformFloat64(this.#generator);
    return value < max ? value : min; // the sum may round up to max
  }

  /** True in `count` of `outOf` cases: a draw from 0..outOf-1 is below `count`. */
  chance(count: number, outOf: number): boolean {
    return this.int(0, outOf - 1) < count;
  }

  /** One of the items, each equally likely. Throws on an empty list. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick needs at least one item.');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the offset is inside the list
    return items[this.int(0, items.length - 1)] as T;
  }

  /** Letters of the URL-safe base64 alphabet. */
  string(length: number): string {
    let text = '';
    for (let count = 0; count < length; count += 1) text += urlSafeBase64[this.int(0, 63)];
    return text;
  }

  static #fromPath(path: string): Random {
    return new Random(path, xoroshiro128plusFromState(hash128(path)));
  }
}

/** Four 32-bit words that depend on every character: four multiplicative hashes, each finished as in MurmurHash3. */
function hash128(text: string): number[] {
  const words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x71374491];
  const factors = [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1];
  for (let offset = 0; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    for (let word = 0; word < 4; word += 1) {
      const previous = words[word] ?? 0;
      words[word] = Math.imul(previous ^ unit ^ (previous >>> 15), factors[word] ?? 1);
    }
  }
  return words.map((word, offset) => {
    let mixed = word ^ (words[(offset + 1) % 4] ?? 0) ^ text.length;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16) || offset + 1;
  });
}

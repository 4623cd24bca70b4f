// Seeded randomness with named, independent streams. Nothing here depends on time or on the process.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { assert } from './assert.ts';

const urlSafeBase64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * A seeded pseudo-random generator (xoroshiro128+; not for cryptography). Two Randoms made from the same seed, or forked from
 * it by the same names, draw the same values on every platform. Arguments out of range throw RangeError.
 */
export class Random {
  /** The seed and the names of the forks, as one text: the whole identity of a stream. */
  readonly #path: string;
  readonly #generator: JumpableRandomGenerator;

  private constructor(path: string, generator: JumpableRandomGenerator) {
    this.#path = path;
    this.#generator = generator;
  }

  /** The root stream of a seed: any string or finite number. The seeds `1` and `'1'` are different. */
  static fromSeed(seed: number | string): Random {
    if (typeof seed === 'number' && !Number.isFinite(seed)) {
      throw new RangeError(`A seed must be a string or a finite number; got ${seed}.`);
    }
    return Random.#fromPath(JSON.stringify(seed));
  }

  /**
   * An independent stream with this name. It depends on the seed and on the names from the root to here, not on what was drawn
   * before, and drawing from it does not affect other streams: a new consumer of randomness does not change existing ones.
   * Forking twice by one name returns the same stream twice, both at its start.
   */
  fork(name: string): Random {
    // The name is quoted, so that two different paths are never the same text.
    return Random.#fromPath(`${this.#path}/${JSON.stringify(name)}`);
  }

  /** A copy that draws, and forks, what this one would from here on. */
  clone(): Random {
    return new Random(this.#path, this.#generator.clone());
  }

  /** An integer, uniform in [min, max], both ends included. Both must be safe integers, with min <= max. */
  int(min: number, max: number): number {
    if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max)) {
      throw new RangeError(`int(min, max) takes integers with min <= max; got ${min}, ${max}.`);
    }
    return uniformInt(this.#generator, min, max);
  }

  /** An integer, uniform in [0, 2^53): two draws are equal with a probability of about 10^-16. */
  safeInteger(): number {
    return uniformInt(this.#generator, 0, Number.MAX_SAFE_INTEGER);
  }

  /** A number, uniform in [min, max), fractions included; `min` when both are equal. Both must be finite, with min <= max. */
  uniform(min: number, max: number): number {
    if (!(Number.isFinite(max - min) && min <= max)) {
      throw new RangeError(`uniform(min, max) takes finite numbers with min <= max; got ${min}, ${max}.`);
    }
    const value = min + (max - min) * uniformFloat64(this.#generator);
    return value < max ? value : min; // the sum may be rounded up to max
  }

  /** True with probability count / outOf. Both are integers, with 0 <= count <= outOf and outOf >= 1. */
  chance(count: number, outOf: number): boolean {
    if (!(Number.isSafeInteger(count) && count >= 0 && count <= outOf)) {
      throw new RangeError(
        `chance(count, outOf) takes integers with 0 <= count <= outOf; got ${count}, ${outOf}.`,
      );
    }
    return this.int(0, outOf - 1) < count;
  }

  /** One of the items, each with the same probability. The list must not be empty. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0)
      throw new RangeError('pick(items) takes a list with at least one item; got none.');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the offset is inside the list
    return items[this.int(0, items.length - 1)] as T;
  }

  /** A string of `length` characters, each uniform in the URL-safe base64 alphabet. `length` is an integer, 0 or more. */
  string(length: number): string {
    if (!(Number.isSafeInteger(length) && length >= 0)) {
      throw new RangeError(`string(length) takes an integer, 0 or more; got ${length}.`);
    }
    let text = '';
    for (let count = 0; count < length; count += 1) text += urlSafeBase64[this.int(0, 63)];
    return text;
  }

  static #fromPath(path: string): Random {
    const state = hash128(path);
    assert(
      state.some((word) => word !== 0),
      () => `the state of the generator of ${path} is zero`,
    );
    return new Random(path, xoroshiro128plusFromState(state));
  }
}

/**
 * The state of a generator: four 32-bit words that depend on every character of the text. Each is a multiplicative hash,
 * finished as in MurmurHash3. No word is 0, since a generator whose whole state is 0 only draws 0.
 */
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

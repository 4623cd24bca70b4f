// How long operations took, in buckets whose bounds are 2 % apart.
import { assert } from '@raftlab/runtime/assert';

/** The ratio of the bounds of a bucket: how exact a quantile is. */
const growth = 1.02;
/** The upper bound of the first bucket, in ms. */
const leastMs = 0.01;

/** Counts of durations. Takes the same memory for any number of them. */
export class Latencies {
  readonly #counts: number[] = [];
  #count = 0;

  /** How many durations were added. */
  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    assert(ms >= 0, () => `a duration of ${ms} ms`);
    const bucket = Math.max(0, Math.ceil(Math.log(ms / leastMs) / Math.log(growth)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
  }

  /** The duration in ms that this share of them does not exceed; 0 without any. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.#count);
    if (this.#count === 0) return 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return leastMs * growth ** bucket;
    }
    throw new RangeError(`a share must be from 0 to 1, got ${share}.`);
  }
}

// When the service was not available: the times in which no operation of any client came back.

/** Pauses that are shorter are the load's own, in ms. */
const pauseMinMs = 200;
const justNowMs = 50;

export class Availability {
  /** In ms. @type {number[]} */
  #pauses = [];
  #lastAt;
  #beganAt;

  /** @param {number} now */
  constructor(now) {
    this.#beganAt = now;
    this.#lastAt = now;
  }

  /** An operation has succeeded. @param {number} now */
  onSuccess(now) {
    const pauseMs = now - this.#lastAt;
    if (pauseMs >= pauseMinMs) this.#pauses.push(pauseMs);
    this.#lastAt = now;
  }

  /** Whether an operation has succeeded just now. @param {number} now */
  isAvailable(now) {
    return now - this.#lastAt <= justNowMs;
  }

  /** @param {number} now */
  report(now) {
    const sorted = this.#pauses.toSorted((a, b) => a - b);
    const totalMs = sorted.reduce((sum, each) => sum + each, 0);
    return {
      count: sorted.length,
      medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
      worstMs: sorted.at(-1) ?? 0,
      share: totalMs / Math.max(1, now - this.#beganAt),
    };
  }
}

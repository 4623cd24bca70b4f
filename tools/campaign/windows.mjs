// The windows of a campaign, one after another: each is closed by a read of all its keys, and judged in a thread of its own.
import { Worker } from 'node:worker_threads';
import { keysOf, perform, prefixOf } from './workload.mjs';
import { Window } from './window.mjs';

/** How long clients use the keys of one window, in ms. */
export const windowMs = 4000;
/** More pairs than a window has keys. */
const keysMax = 100;
/** The client that closes windows, in histories. */
const closer = 1000;

/** @typedef {import('./judge.mjs').Judgement} Judgement */

export class Windows {
  returnedCount = 0;
  unknownCount = 0;
  lostCount = 0;
  judgedCount = 0;
  #clock;
  #clerk;
  #onFailure;
  #current;
  #thread = new Worker(new URL('judge-thread.mjs', import.meta.url));
  /** What was read of each key at the end of its window. @type {Map<string, { value: string | null, version: number }>} */
  #closed = new Map();
  /** Windows that are not judged yet. @type {Map<number, () => void>} */
  #waiting = new Map();
  /** @type {Promise<unknown>[]} */
  #closing = [];

  /**
   * @param {import('@raftlab/runtime').Clock} clock
   * @param {{ clerk: import('@raftlab/kv').Clerk, onFailure: (window: number, judgement: Judgement) => void }} options
   */
  constructor(clock, { clerk, onFailure }) {
    this.#clock = clock;
    this.#clerk = clerk;
    this.#onFailure = onFailure;
    this.#current = new Window(0, () => clock.now());
    this.#thread.on('message', ({ window, judgement }) => this.#onJudged(window, judgement));
  }

  get current() {
    return this.#current;
  }

  /** Begins the next window, and closes the present one when its operations have ended. @param {AbortSignal} signal */
  next(signal) {
    const window = this.#current;
    this.#current = new Window(window.number + 1, () => this.#clock.now());
    this.#closing.push(this.#close(window, signal));
  }

  /** Resolves when every window but the present one is judged. */
  async judged() {
    await Promise.all(this.#closing);
  }

  /**
   * Reads the keys of all closed windows again, which no operation has changed since, except those of unknown outcome. Returns how many
   * writes are gone. @param {AbortSignal} signal
   */
  async audit(signal) {
    let lostCount = 0;
    for (let window = 0; window < this.#current.number; window += 1) {
      const { pairs } = await this.#clerk.range(prefixOf(window), { limit: keysMax, signal });
      const found = new Map(pairs.map((pair) => [pair.key, pair]));
      for (const key of [...keysOf(window).mixed, ...keysOf(window).logs]) {
        const before = this.#closed.get(key);
        lostCount += Math.max(0, (before?.version ?? 0) - (found.get(key)?.version ?? 0));
      }
    }
    return lostCount;
  }

  async stop() {
    await this.#thread.terminate();
  }

  /** @param {Window} window @param {AbortSignal} signal */
  async #close(window, signal) {
    await window.idle();
    const { mixed, logs } = keysOf(window.number);
    try {
      for (const key of [...mixed, ...logs]) {
        const read = () => perform(this.#clerk, { kind: 'get', key }, { signal });
        const { value = null, version } = await window.record(closer, { kind: 'get', key }, read);
        this.#closed.set(key, { value, version });
      }
    } catch (error) {
      // What clients have seen is judged all the same.
      if (!signal.aborted) throw error;
    }
    this.returnedCount += window.returnedCount;
    this.unknownCount += window.unknownCount;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#thread.postMessage({ window: window.number, events: window.events });
    await new Promise((resolve) => this.#waiting.set(window.number, () => resolve(undefined)));
  }

  /** @param {number} window @param {Judgement} judgement */
  #onJudged(window, judgement) {
    this.judgedCount += 1;
    this.lostCount += judgement.lostCount;
    if (judgement.verdict !== 'ok' || judgement.lostCount > 0) this.#onFailure(window, judgement);
    this.#waiting.get(window)?.();
    this.#waiting.delete(window);
  }
}

// The operations of all clients on the keys of one window, as the clients saw them.
import { ClerkAbortedError } from '@raftlab/kv';
import { HistoryRecorder } from '@raftlab/linearizability';

/** @typedef {import('@raftlab/linearizability').KeyValueInput} KeyValueInput */
/** @typedef {import('@raftlab/linearizability').KeyValueOutput} KeyValueOutput */
/** @typedef {import('@raftlab/linearizability').HistoryEvent<KeyValueInput, KeyValueOutput>} HistoryEvent */

export class Window {
  number;
  /** Operations that have returned. */
  returnedCount = 0;
  /** Operations whose client does not know whether they were executed. */
  unknownCount = 0;
  /** @type {HistoryRecorder<KeyValueInput, KeyValueOutput>} */
  #recorder = new HistoryRecorder();
  /** Operations that were aborted before they were sent: they must not explain what others saw. @type {Set<string | number>} */
  #unsent = new Set();
  #now;
  #pendingCount = 0;
  /** @type {(() => void) | undefined} */
  #onIdle;

  /** @param {number} number @param {() => number} now In ms, on one clock for all clients. */
  constructor(number, now) {
    this.number = number;
    this.#now = now;
  }

  /** @returns {readonly HistoryEvent[]} */
  get events() {
    return this.#recorder.events.filter(({ id }) => !this.#unsent.has(id));
  }

  /**
   * Records an operation from its call to its return. The outcome of one that rejects is unknown, unless it was never sent.
   * @template {KeyValueOutput} Output
   * @param {number} client @param {KeyValueInput} input @param {() => Promise<Output>} run
   */
  async record(client, input, run) {
    const id = this.#recorder.called({ client, input, at: this.#now() });
    this.#pendingCount += 1;
    try {
      const output = await run();
      this.#recorder.returned(id, { output, at: this.#now() });
      this.returnedCount += 1;
      return output;
    } catch (error) {
      if (error instanceof ClerkAbortedError && !error.mayHaveRun) this.#unsent.add(id);
      else this.unknownCount += 1;
      throw error;
    } finally {
      this.#pendingCount -= 1;
      if (this.#pendingCount === 0) this.#onIdle?.();
    }
  }

  /** Resolves when no operation is pending. To be called once, when no client begins one here any more. */
  async idle() {
    if (this.#pendingCount > 0) await new Promise((resolve) => (this.#onIdle = () => resolve(undefined)));
  }
}

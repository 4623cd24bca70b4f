// What the clients do: on a few keys, which are new in every window, so that each history is short enough to be decided.

/** @typedef {import('@raftlab/linearizability').KeyValueInput} KeyValueInput */

const mixedKeyCount = 6;
/** Keys to which clients only append: their value shows every write that was ever made, in order. */
const logKeyCount = 6;

/** @param {number} window */
export function prefixOf(window) {
  return `w${window}/`;
}

/** The keys of a window. @param {number} window */
export function keysOf(window) {
  const names = (/** @type {string} */ kind, /** @type {number} */ count) =>
    Array.from({ length: count }, (_, at) => `${prefixOf(window)}${kind}${at}`);
  return { mixed: names('key', mixedKeyCount), logs: names('log', logKeyCount) };
}

/** @param {string} key */
export function isLogKey(key) {
  return /\/log\d+$/.test(key);
}

/** The elements of the value of a log key. @param {string} value */
export function elementsOf(value) {
  return value.split(';').slice(0, -1);
}

/**
 * Draws operations of one client. A client that only reads stays at the server with which it began for as long as that one answers.
 */
export class Workload {
  #random;
  #client;
  #isReader;
  #count = 0;
  /** The last version of each key of the window that the client has seen. @type {Map<string, number>} */
  #versions = new Map();

  /** @param {import('@raftlab/runtime').Random} random @param {{ client: number, isReader: boolean }} options */
  constructor(random, { client, isReader }) {
    this.#random = random;
    this.#client = client;
    this.#isReader = isReader;
  }

  /** @param {number} window @returns {KeyValueInput} */
  next(window) {
    const { mixed, logs } = keysOf(window);
    const key = this.#random.pick(this.#random.chance(1, 2) ? mixed : logs);
    if (this.#isReader || this.#random.chance(2, 5)) return { kind: 'get', key };
    this.#count += 1;
    const value = `${this.#client}.${this.#count};`;
    if (isLogKey(key)) return { kind: 'append', key, value };
    const kind = this.#random.pick(/** @type {const} */ (['put', 'append', 'compareAndSet']));
    if (kind !== 'compareAndSet') return { kind, key, value };
    return { kind, key, value, version: this.#versions.get(key) ?? 0 };
  }

  /** @param {string} key @param {number} version */
  onVersion(key, version) {
    if (!this.#versions.has(key) && this.#versions.size >= mixedKeyCount + logKeyCount)
      this.#versions.clear();
    this.#versions.set(key, version);
  }
}

/**
 * Executes an operation, and returns its output as the checker's model has it.
 * @param {import('@raftlab/kv').Clerk} clerk @param {KeyValueInput} input @param {{ signal: AbortSignal }} options
 * @returns {Promise<import('@raftlab/linearizability').KeyValueOutput & { version: number }>}
 */
export async function perform(clerk, input, options) {
  switch (input.kind) {
    case 'get': {
      const pair = await clerk.get(input.key, options);
      return { value: pair?.value ?? null, version: pair?.version ?? 0 };
    }
    case 'put':
    case 'append': {
      const { version } = await clerk[input.kind](input.key, input.value, options);
      return { version };
    }
    case 'delete':
      return clerk.delete(input.key, options);
    case 'compareAndSet':
      return clerk.compareAndSet(input, input.value, options);
  }
}

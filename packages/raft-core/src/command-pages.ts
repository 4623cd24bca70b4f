// Where the commands of a leader's log lie: many short ones in a page, since each with memory of its own would take three
// times as much. Only commands lie here, which leave the log in the order in which they came, and so do the pages.
import { assert } from '@raftlab/runtime/assert';

const pageSizeBytes = 8 * 1024;
/** Longer ones keep memory of their own, so that little of a page is left over. */
const longestInPageBytes = 512;

export class CommandPages {
  #page = new Uint8Array(0);
  #usedBytes = 0;

  /** The same bytes in a page, or `command` itself when it is long. */
  keep(command: Uint8Array): Uint8Array {
    const { length } = command;
    if (length > longestInPageBytes) return command;
    if (this.#usedBytes + length > this.#page.length) {
      this.#page = new Uint8Array(pageSizeBytes);
      this.#usedBytes = 0;
    }
    this.#page.set(command, this.#usedBytes);
    assert(length <= this.#page.length - this.#usedBytes, 'a command does not fit into its page');
    const kept = new Uint8Array(this.#page.buffer, this.#usedBytes, length);
    this.#usedBytes += length;
    assert(this.#usedBytes <= this.#page.length, 'a command exceeds its page');
    return kept;
  }
}

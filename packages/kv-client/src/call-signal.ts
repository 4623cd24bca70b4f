// The signal that ends one call.
import type { CancelSignal } from '@raftlab/runtime';

/** What an AbortController and its signal are, made for each call: those have the cost of a DOM event target. */
export class CallSignal<Reason> implements CancelSignal {
  /** One at a time, as a rule. */
  readonly #listeners: Array<() => void> = [];
  #reason: Reason | undefined;

  /** Undefined until it is aborted. */
  get reason(): Reason | undefined {
    return this.#reason;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  /** Each listener is called once, at the abort. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const offset = this.#listeners.indexOf(listener);
    if (offset !== -1) this.#listeners.splice(offset, 1);
  }

  /** Only the first call has an effect. */
  abort(reason: Reason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

// The signal that ends one call.
import type { CancelSignal } from '@raftlab/runtime';

/** What an AbortController and its signal are, made for each call: those have the cost of a DOM event target. */
export class CallSignal<Reason> implements CancelSignal {
  readonly #listeners = new Set<() => void>();
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
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  /** Only the first call has an effect. */
  abort(reason: Reason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

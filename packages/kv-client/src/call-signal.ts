// The signal that ends one call.
import type { CancelSignal } from '@raftlab/runtime';

/** The controller and the signal of one call in one object: an AbortController for each call would cost a DOM event target. */
export class CallSignal<Reason> implements CancelSignal {
  /** Usually one at a time. */
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

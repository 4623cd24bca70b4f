// Uncaught errors: thrown in a timer, or rejected without a handler. By default Node ends the process; here they fail the test
// that caused them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { SystemClock } from '@raftlab/runtime';

/** A running test, and its uncaught errors so far. */
interface Watched {
  readonly strays: unknown[];
  onStray(error: unknown): void;
}

/** While it is active, it is this thread's handler of uncaught errors. */
export class StrayErrors {
  readonly #clock = new SystemClock();
  readonly #running = new Set<Watched>();
  /** Distinguishes parallel tests; undefined if one runs at a time, since it makes promises slower. */
  readonly #current: AsyncLocalStorage<Watched> | undefined;
  readonly #takeElsewhere: ((error: unknown) => boolean) | undefined;

  /** `take` is called first; an error that it takes is not handled here. */
  constructor({ areTestsSideBySide, take }: StrayErrorOptions) {
    this.#takeElsewhere = take;
    this.#current = areTestsSideBySide ? new AsyncLocalStorage() : undefined;
  }

  /** Runs `main` to its end. `onStray` is called at once for each uncaught error; the result contains all of them. */
  async watch<T>(
    main: () => Promise<T>,
    onStray: (error: unknown) => void,
  ): Promise<{ result: T; strays: readonly unknown[] }> {
    const watched: Watched = { strays: [], onStray };
    if (this.#running.size === 0) {
      process.on('uncaughtException', this.#take);
      process.on('unhandledRejection', this.#take);
    }
    this.#running.add(watched);
    try {
      const result = await (this.#current === undefined ? main() : this.#current.run(watched, main));
      // Node reports rejections between turns of the event loop; a virtual run may take place within one turn.
      await new Promise<void>((resolve) => this.#clock.defer(resolve));
      return { result, strays: watched.strays };
    } finally {
      this.#running.delete(watched);
      if (this.#running.size === 0) {
        process.off('uncaughtException', this.#take);
        process.off('unhandledRejection', this.#take);
      }
    }
  }

  /** An error of unknown origin fails all running tests. */
  readonly #take = (error: unknown): void => {
    if (this.#takeElsewhere?.(error) === true) return;
    const owner = this.#current?.getStore();
    for (const watched of owner === undefined ? this.#running : [owner]) {
      watched.strays.push(error);
      watched.onStray(error);
    }
  };
}

export interface StrayErrorOptions {
  readonly areTestsSideBySide: boolean;
  readonly take?: (error: unknown) => boolean;
}

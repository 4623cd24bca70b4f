// Errors that no promise and no caller brings back to the test: thrown from a timer, or rejected with nobody waiting. Node
// would end the process for them; here they fail the test that they come from.
import { AsyncLocalStorage } from 'node:async_hooks';
import { SystemClock } from '@raftlab/runtime';

/** A test that is running, and what has strayed from it. */
interface Watched {
  readonly strays: unknown[];
  onStray(error: unknown): void;
}

/** While it watches, it is this thread's handler of uncaught errors. */
export class StrayErrors {
  readonly #clock = new SystemClock();
  readonly #running = new Set<Watched>();
  /** Tells tests that run side by side apart; undefined where one runs at a time, since it makes promises dearer. */
  readonly #current: AsyncLocalStorage<Watched> | undefined;
  readonly #takeElsewhere: ((error: unknown) => boolean) | undefined;

  /** `take` is asked first; an error that it takes is none of this class's business any more. */
  constructor({ areTestsSideBySide, take }: StrayErrorOptions) {
    this.#takeElsewhere = take;
    this.#current = areTestsSideBySide ? new AsyncLocalStorage() : undefined;
  }

  /** Runs `main` to its end. `onStray` hears at once of what strays, and the result comes with all of it. */
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
      // Node tells of rejections between its turns; a virtual run may take place within one.
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

  /** When it cannot be told whose error it is, all running tests get it. */
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

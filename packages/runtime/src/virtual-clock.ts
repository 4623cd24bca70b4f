// Simulated time. `run` owns the order of everything: all pending promise work first, then deferred callbacks, then the
// next timer, to which time jumps. Nothing here waits for real time, so a simulated hour costs what its events cost.
import { checkDelay, settled, sleepOn, type CancelSignal, type Clock, type Timer } from './clock.ts';
import { TimerHeap, type VirtualTimer } from './timer-heap.ts';

/** Nothing is left to happen, and the main function of a run has not ended. `waiting` names who still waits. */
export class DeadlockError extends Error {
  override readonly name: string = 'DeadlockError';
  readonly now: number;
  readonly waiting: readonly string[];

  constructor(now: number, waiting: readonly string[]) {
    const list =
      waiting.length === 0 ? '  (nobody said what they wait for)' : waiting.map((w) => `  ${w}`).join('\n');
    super(`Deadlock at ${now} virtual ms: no timer is set and the run has not ended. Waiting:\n${list}`);
    this.now = now;
    this.waiting = waiting;
  }
}

/** How many events run before Node's own event loop gets a turn: messages of a worker thread, signals, lost rejections. */
const defaultEventsPerBreath = 512;

export class VirtualClock implements Clock {
  #now = 0;
  #sequence = 0;
  #eventCount = 0;
  #isRunning = false;
  readonly #timers = new TimerHeap();
  #deferred: Array<() => void> = [];
  #deferredOffset = 0;
  readonly #watched = new Set<() => string>();
  readonly #eventsPerBreath: number;

  constructor({ eventsPerBreath = defaultEventsPerBreath }: { readonly eventsPerBreath?: number } = {}) {
    this.#eventsPerBreath = eventsPerBreath;
  }

  now(): number {
    return this.#now;
  }

  /** Timers and deferred callbacks that have run so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Timers that are set and not cancelled. */
  get pendingTimerCount(): number {
    return this.#timers.size;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    checkDelay(delayMs);
    const timer: VirtualTimer = { dueAt: this.#now + delayMs, sequence: this.#sequence++, callback };
    this.#timers.push(timer);
    return { cancel: () => this.#timers.cancel(timer) };
  }

  sleep(delayMs: number, signal?: CancelSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  breathe(): Promise<void> {
    return settled;
  }

  watch<T>(promise: Promise<T>, describe: () => string): Promise<T> {
    const entry = (): string => describe();
    this.#watched.add(entry);
    const forget = (): void => {
      this.#watched.delete(entry);
    };
    promise.then(forget, forget);
    return promise;
  }

  /**
   * Runs `main` to its end in virtual time and gives its result. Rejects with main's error, with the error that a timer
   * or deferred callback threw, or with a DeadlockError. Timers that are still set at the end never fire. One run at a
   * time; a clock may run again, and its time goes on.
   */
  run<T>(main: () => Promise<T>): Promise<T> {
    if (this.#isRunning) throw new Error('This virtual clock is already running.');
    this.#isRunning = true;
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      let idleBreaths = 0;
      const end = (settle: () => void): void => {
        if (isOver) return;
        isOver = true;
        // Promise work that is still queued may set timers: they belong to this run, and end with it.
        afterPromises(() => {
          this.#forgetAll();
          this.#isRunning = false;
          settle();
        });
      };
      const turn = (): void => {
        if (isOver) return;
        try {
          if (this.#runNextEvent()) {
            idleBreaths = 0;
          } else if (++idleBreaths > 2) {
            // Two empty turns of Node's event loop: nobody outside will wake us either.
            const deadlock = new DeadlockError(
              this.#now,
              [...this.#watched].map((describe) => describe()),
            );
            end(() => reject(deadlock));
            return;
          }
        } catch (error) {
          end(() => reject(error));
          return;
        }
        if (idleBreaths > 0 || this.#eventCount % this.#eventsPerBreath === 0)
          setImmediate(afterPromises, turn);
        else afterPromises(turn);
      };
      let mainPromise: Promise<T>;
      try {
        mainPromise = main();
      } catch (error) {
        end(() => reject(error));
        return;
      }
      mainPromise.then(
        (value) => end(() => resolve(value)),
        (error: unknown) => end(() => reject(error)),
      );
      afterPromises(turn);
    });
  }

  #forgetAll(): void {
    this.#timers.clear();
    this.#deferred = [];
    this.#deferredOffset = 0;
    this.#watched.clear();
  }

  #runNextEvent(): boolean {
    const deferred = this.#deferred[this.#deferredOffset];
    if (deferred !== undefined) {
      this.#deferredOffset += 1;
      // Done ones are dropped when they are half of the list: it may never be empty, and must not grow without end.
      if (this.#deferredOffset * 2 >= this.#deferred.length) {
        this.#deferred.splice(0, this.#deferredOffset);
        this.#deferredOffset = 0;
      }
      this.#eventCount += 1;
      deferred();
      return true;
    }
    const timer = this.#timers.pop();
    if (timer?.callback === undefined) return false;
    const { callback } = timer;
    timer.callback = undefined;
    this.#now = timer.dueAt;
    this.#eventCount += 1;
    callback();
    return true;
  }
}

/** A tick that is queued from a microtask runs when the microtask queue is empty: all promise work is then done. */
function afterPromises(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback));
}

// Simulated time. `run` decides the order of all events: first the queued promise callbacks, then deferred callbacks, then the
// next timer, to whose time the clock jumps. Nothing here waits for real time.
import { assert } from './assert.ts';
import { checkDelay, resolved, sleepOn, type CancelSignal, type Clock, type Timer } from './clock.ts';
import { DeadlockError } from './deadlock-error.ts';
import { TimerHeap, type VirtualTimer } from './timer-heap.ts';

/**
 * After this many events Node's event loop runs once, so that messages of worker threads, signals and unhandled rejections are
 * served during a run. Larger is faster; 512 events take well under a millisecond.
 */
const defaultEventsPerBreath = 512;

/**
 * The event loop runs this many times without any event before a run counts as deadlocked: a promise that Node settles without
 * waiting (an already read file, a resolved import) may still cause one.
 */
const idleBreathsMax = 2;

/** How a VirtualClock uses the thread it runs on. */
export interface VirtualClockOptions {
  /** How many events run between two iterations of Node's event loop: an integer, 1 or more; 512 unless set. */
  readonly eventsPerBreath?: number;
}

/**
 * Simulated time: starts at 0 and jumps from event to event, so a simulated hour takes as long as its events. Time passes only
 * during `run`. The same program on a new clock has the same events, in the same order, at the same times.
 *
 * A run must not wait for anything but this clock and promises that its own events settle: a promise that a file or a socket
 * settles is reported as a deadlock.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #sequence = 0;
  #eventCount = 0;
  #isRunning = false;
  readonly #timers = new TimerHeap();
  #deferred: Array<() => void> = [];
  /** The callbacks of `#deferred` before this offset have run. */
  #deferredOffset = 0;
  readonly #watched = new Set<() => string>();
  readonly #eventsPerBreath: number;

  constructor({ eventsPerBreath = defaultEventsPerBreath }: VirtualClockOptions = {}) {
    assert(
      Number.isSafeInteger(eventsPerBreath) && eventsPerBreath >= 1,
      () => `VirtualClock: eventsPerBreath must be an integer, 1 or more; got ${eventsPerBreath}`,
    );
    this.#eventsPerBreath = eventsPerBreath;
  }

  /** Virtual milliseconds since this clock was made. */
  now(): number {
    return this.#now;
  }

  /** How many timers and deferred callbacks have run since this clock was made. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** How many timers are set and have neither fired nor been cancelled. */
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
    return resolved;
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
   * Calls `main` and runs events until its promise settles; then resolves with its value or rejects with its error. Rejects
   * with the error that a timer or deferred callback throws, and with DeadlockError when no event is left and main is still
   * pending. When a run ends, its pending timers and deferred callbacks are dropped: they never run, not in a later run either.
   * Throws AssertionError when a run is in progress; after it a new one may start, and time continues.
   */
  run<T>(main: () => Promise<T>): Promise<T> {
    assert(
      !this.#isRunning,
      'VirtualClock.run: a run is already running on this clock; use one clock per run',
    );
    this.#isRunning = true;
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      let idleBreaths = 0;
      const end = (settle: () => void): void => {
        if (isOver) return;
        isOver = true;
        // Promise callbacks that are still queued may set timers: they belong to this run, and are dropped with it.
        afterPromises(() => {
          this.#dropPending();
          this.#isRunning = false;
          settle();
        });
      };
      const runEvents = (): void => {
        if (isOver) return;
        try {
          if (this.#runNextEvent()) {
            idleBreaths = 0;
          } else if (++idleBreaths > idleBreathsMax) {
            const waiting = [...this.#watched].map((describe) => describe());
            const deadlock = new DeadlockError(this.#now, waiting);
            end(() => reject(deadlock));
            return;
          }
        } catch (error) {
          end(() => reject(error));
          return;
        }
        const isBreathDue = idleBreaths > 0 || this.#eventCount % this.#eventsPerBreath === 0;
        if (isBreathDue) setImmediate(afterPromises, runEvents);
        else afterPromises(runEvents);
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
      afterPromises(runEvents);
    });
  }

  #dropPending(): void {
    this.#timers.clear();
    this.#deferred = [];
    this.#deferredOffset = 0;
    this.#watched.clear();
  }

  /** Runs one deferred callback or one timer. False when there is none. */
  #runNextEvent(): boolean {
    const deferred = this.#deferred[this.#deferredOffset];
    if (deferred !== undefined) {
      this.#deferredOffset += 1;
      // Two chains of callbacks that defer each other never leave the list empty, so the ones that have run are removed when
      // they are half of it.
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
    assert(timer.dueAt >= this.#now, () => `a timer is due at ${timer.dueAt} ms, but it is ${this.#now} ms`);
    const { callback } = timer;
    timer.callback = undefined;
    this.#now = timer.dueAt;
    this.#eventCount += 1;
    callback();
    return true;
  }
}

/**
 * Calls `callback` when the microtask queue is empty: a tick that is queued from a microtask runs only then. The microtask is a
 * promise callback, because queueMicrotask of Node makes an AsyncResource for each, and this runs before every event.
 */
function afterPromises(callback: () => void): void {
  void resolved.then(() => process.nextTick(callback));
}

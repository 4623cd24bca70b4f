// The clock of a process that can be stalled: by a long callback, a garbage collection, or a stopped process.
import { sleepOn, type CancelSignal, type Clock, type Timer } from '@raftlab/runtime';

/** While it is stalled nothing runs. Then the event loop does what Node's does: late timers first, then input, then the rest. */
export class HeldUpClock implements Clock {
  readonly #clock: Clock;
  #isHeldUp = false;
  #lateTimers: Array<() => void> = [];
  #lateDeferred: Array<() => void> = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let isCancelled = false;
    const timer = this.#clock.setTimer(delayMs, () => {
      if (this.#isHeldUp) this.#lateTimers.push(() => isCancelled || callback());
      else callback();
    });
    return {
      cancel() {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: CancelSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  defer(callback: () => void): void {
    if (this.#isHeldUp) this.#lateDeferred.push(callback);
    else this.#clock.defer(callback);
  }

  breathe(): Promise<void> {
    return this.#clock.breathe();
  }

  watch<T>(promise: Promise<T>, describe: () => string): Promise<T> {
    return this.#clock.watch(promise, describe);
  }

  /** Stalls the process for this time. Each of `inputs` has arrived by then, and is read by one turn of the event loop. */
  async holdUp(ms: number, ...inputs: ReadonlyArray<() => void>): Promise<void> {
    this.#isHeldUp = true;
    await this.#clock.sleep(ms);
    this.#isHeldUp = false;
    const lateTimers = this.#lateTimers.splice(0);
    const lateDeferred = this.#lateDeferred.splice(0);
    for (const fire of lateTimers) fire();
    const [first, ...later] = inputs;
    first?.();
    for (const callback of lateDeferred) this.#clock.defer(callback);
    for (const input of later) this.#clock.defer(input);
    await this.#clock.sleep(0);
  }
}

// The clock of one simulated server. It can stall: callbacks that become due meanwhile run late, all at once, in order.
import { sleepOn, type CancelSignal, type Clock, type Timer } from '@raftlab/runtime';

/** A Clock on another clock. It satisfies the contract of Clock as long as it is neither paused nor stopped. */
export class ServerClock implements Clock {
  readonly #clock: Clock;
  #isPaused = false;
  #isStopped = false;
  #late: Array<() => void> = [];
  #timerCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Timers of this server that have neither fired nor been cancelled. */
  get timerCount(): number {
    return this.#timerCount;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      this.#timerCount -= 1;
      return true;
    };
    const timer = this.#clock.setTimer(delayMs, () =>
      this.run(() => {
        if (end()) callback();
      }),
    );
    this.#timerCount += 1;
    return {
      cancel: () => {
        end();
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: CancelSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  defer(callback: () => void): void {
    this.#clock.defer(() => this.run(callback));
  }

  breathe(): Promise<void> {
    return new Promise((resolve) => {
      void this.#clock.breathe().then(() => this.run(resolve));
    });
  }

  watch<T>(promise: Promise<T>, describe: () => string): Promise<T> {
    return this.#clock.watch(promise, describe);
  }

  /** Runs the action on this server: at once, or after `resume` while it is paused; never on a stopped server. */
  run(action: () => void): void {
    if (this.#isStopped) return;
    if (this.#isPaused) this.#late.push(action);
    else action();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const late = this.#late;
    this.#late = [];
    for (const action of late) this.run(action);
  }

  /** From now on nothing runs on this server. */
  stop(): void {
    this.#isStopped = true;
    this.#late = [];
  }
}

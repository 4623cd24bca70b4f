// The clock of one simulated server. It can stall: what falls due meanwhile happens late, all at once, in order.
import type { CancelSignal, Clock, Timer } from '@raftlab/runtime';

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
    this.#timerCount += 1;
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
    return {
      cancel: () => {
        end();
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(new Error('aborted'));
        return;
      }
      this.setTimer(delayMs, resolve);
    });
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

  /** Runs something on this server: at once, or when it goes on, or never when it is stopped. */
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

  /** Nothing runs on this server any more. */
  stop(): void {
    this.#isStopped = true;
    this.#late = [];
  }
}

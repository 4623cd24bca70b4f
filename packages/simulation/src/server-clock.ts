// The clock of one simulated server. It can stall: callbacks that become due meanwhile run late, all at once, in order.
// Its turns can be long, so that several timers and messages are handled in one.
import { sleepOn, type CancelSignal, type Clock, type Timer } from '@raftlab/runtime';

/** A Clock on another clock. It satisfies the contract of Clock as long as it is neither paused nor stopped. */
export class ServerClock implements Clock {
  readonly #clock: Clock;
  readonly #turnMs: number;
  #isPaused = false;
  #isStopped = false;
  /** What waits for `resume`, or for the next turn. */
  #late: Array<() => void> = [];
  #isTurnDue = false;
  #timerCount = 0;
  readonly #startedAt: number;
  /** How long it was paused in all, and since when it is. */
  #pausedMs = 0;
  #pausedSince = 0;

  /** With `turnMs` timers and actions run together, at the next multiple of it; with 0 each at its own time. */
  constructor(clock: Clock, turnMs = 0) {
    this.#clock = clock;
    this.#turnMs = turnMs;
    this.#startedAt = clock.now();
  }

  /** The time since it was made, without the times for which it was paused. */
  get activeMs(): number {
    const now = this.#isPaused ? this.#pausedSince : this.now();
    return now - this.#startedAt - this.#pausedMs;
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
    this.#clock.defer(() => this.#runNow(callback));
  }

  breathe(): Promise<void> {
    return new Promise((resolve) => {
      void this.#clock.breathe().then(() => this.#runNow(resolve));
    });
  }

  watch<T>(promise: Promise<T>, describe: () => string): Promise<T> {
    return this.#clock.watch(promise, describe);
  }

  /**
   * Runs the action on this server: at once or in its next turn; after `resume` while it is paused. Never on a stopped
   * server.
   */
  run(action: () => void): void {
    if (this.#turnMs === 0 || this.#isPaused || this.#isStopped) {
      this.#runNow(action);
      return;
    }
    this.#late.push(action);
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    const now = this.#clock.now();
    const dueAt = (Math.floor(now / this.#turnMs) + 1) * this.#turnMs;
    this.#clock.setTimer(dueAt - now, () => {
      this.#isTurnDue = false;
      if (!this.#isPaused) this.#runLate();
    });
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#pausedSince = this.now();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#pausedMs += this.now() - this.#pausedSince;
    this.#runLate();
  }

  /** From now on nothing runs on this server. */
  stop(): void {
    this.#isStopped = true;
    this.#late = [];
  }

  #runLate(): void {
    const late = this.#late;
    this.#late = [];
    for (const action of late) this.#runNow(action);
  }

  #runNow(action: () => void): void {
    if (this.#isStopped) return;
    if (this.#isPaused) this.#late.push(action);
    else action();
  }
}

// The signals that end pending calls, with one timer for all deadlines. A timer for each call, or a Set of the signals, would be a tenth of
// the CPU of a call.
import type { Clock, Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { CallSignal } from './call-signal.ts';

/** Why a call ends early. */
export type Ending = 'deadline' | 'signal' | 'closed' | 'refused';

/** The signal of one pending call. */
export class PendingSignal extends CallSignal<Ending> {
  /** By the clock. */
  readonly deadline: number;
  /** Its offset among the signals that are pending. */
  offset: number;

  constructor(deadline: number, offset: number) {
    super();
    this.deadline = deadline;
    this.offset = offset;
  }
}

/** The signals of the pending calls of one client. Each is aborted at its deadline, unless it was removed before. */
export class Endings {
  readonly #clock: Clock;
  /** In no order. */
  readonly #signals: PendingSignal[] = [];
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many calls are pending. */
  get size(): number {
    return this.#signals.length;
  }

  /** Adds the signal of a call that may take `deadlineMs`. */
  add(deadlineMs: number): PendingSignal {
    const signal = new PendingSignal(this.#clock.now() + deadlineMs, this.#signals.length);
    this.#signals.push(signal);
    this.#watch(signal.deadline);
    return signal;
  }

  /** Removes the signal of a call that has ended. */
  remove(signal: PendingSignal): void {
    const last = this.#signals.pop();
    assert(last !== undefined, 'a call that is removed is pending');
    if (last !== signal) {
      assert(this.#signals[signal.offset] === signal, 'a call is removed once');
      this.#signals[signal.offset] = last;
      last.offset = signal.offset;
    }
    // A timer that is left would keep the process alive.
    if (this.#signals.length === 0) this.#stopTimer();
  }

  /** Aborts every pending call. */
  abortAll(ending: Ending): void {
    for (const signal of this.#signals) signal.abort(ending);
  }

  #watch(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    this.#stopTimer();
    this.#timerAt = deadline;
    const delayMs = Math.max(0, deadline - this.#clock.now());
    this.#timer = this.#clock.setTimer(delayMs, () => this.#onTimer());
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timerAt = Infinity;
  }

  #onTimer(): void {
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    let next = Infinity;
    for (const signal of this.#signals) {
      if (signal.deadline <= now) signal.abort('deadline');
      else next = Math.min(next, signal.deadline);
    }
    if (next < Infinity) this.#watch(next);
  }
}

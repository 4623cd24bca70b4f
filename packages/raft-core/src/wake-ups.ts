// When a peer acts by itself: at a time that the core names, by one timer, and at the end of the turn of the event loop.
import type { Clock, Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';

/** What is called, each at most once per wake-up. */
export interface WakeUpActions {
  /** The turn ends: everything else that happened in it is over. */
  onTurnEnd(): void;
  /** The time given to `at` has come. */
  onTick(): void;
}

/** The timer and the turn's end of one peer. */
export class WakeUps {
  readonly #clock: Clock;
  readonly #actions: WakeUpActions;
  #timer: { readonly dueAt: number; readonly timer: Timer } | undefined;
  #isTurnEndDeferred = false;
  #isTickDue = false;
  #isClosed = false;

  constructor(clock: Clock, actions: WakeUpActions) {
    this.#clock = clock;
    this.#actions = actions;
  }

  /** Ticks at this time, or maybe before; replaces the time given last. One that has come ticks at the end of the turn. */
  at(time: number): void {
    if (this.#isClosed) return;
    assert(!Number.isNaN(time), 'the time of the next tick is not a number');
    if (time === -Infinity || time <= this.#clock.now()) {
      this.#isTickDue = true;
      this.atTurnEnd();
      return;
    }
    // Deadlines mostly move away: an earlier timer may stay, and the core finds out what is due when it fires.
    if (this.#timer !== undefined && this.#timer.dueAt <= time) return;
    this.#timer?.timer.cancel();
    if (time === Infinity) {
      this.#timer = undefined;
      return;
    }
    assert(Number.isFinite(time), () => `a timer for ${time}`);
    const timer = this.#clock.setTimer(time - this.#clock.now(), () => {
      this.#timer = undefined;
      this.#actions.onTick();
    });
    this.#timer = { dueAt: time, timer };
  }

  /** Calls `onTurnEnd` when the turn ends. */
  atTurnEnd(): void {
    if (this.#isTurnEndDeferred) return;
    this.#isTurnEndDeferred = true;
    this.#clock.defer(() => {
      this.#isTurnEndDeferred = false;
      if (this.#isClosed) return;
      this.#actions.onTurnEnd();
      if (!this.#isTickDue) return;
      this.#isTickDue = false;
      this.#actions.onTick();
    });
  }

  /** Calls nothing from now on, and leaves no timer behind. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }
}

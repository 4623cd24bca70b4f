// When a peer acts by itself: at a time that the core names, by one timer, and at the end of the turn of the event loop.
import type { Clock, Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';

/**
 * A tick that is later than this, in ms, is overdue: the process was held up. Node's timers are late by 1 or 2 ms on an idle
 * machine.
 */
const overdueMs = 10;

/**
 * An overdue tick waits for so many turns of the event loop, each of which reads what sockets and ports have received. One is
 * enough for what a single read takes; the second is for what was split, and for what the first one caused.
 */
const turnsToReadInput = 2;

/** What is called, each at most once per wake-up. */
export interface WakeUpActions {
  /** The turn ends: everything else that happened in it is over. */
  onTurnEnd(): void;
  /** The time given to `at` has come. */
  onTick(): void;
  /** The timer fired `lateMs` ms after its time, so nothing could run in this process for at least that long. */
  onHeldUp(lateMs: number): void;
}

/** The timer and the turn's end of one peer. */
export class WakeUps {
  readonly #clock: Clock;
  readonly #actions: WakeUpActions;
  #timer: { readonly dueAt: number; readonly timer: Timer } | undefined;
  /** The time that was given last. */
  #time = Infinity;
  #isTurnEndDeferred = false;
  #isTickDue = false;
  #isTickPutOff = false;
  #isClosed = false;

  constructor(clock: Clock, actions: WakeUpActions) {
    this.#clock = clock;
    this.#actions = actions;
  }

  /**
   * Ticks at this time, or maybe before; replaces the time given last. One that has come ticks at the end of the turn. A tick
   * that is overdue comes only after the event loop has read the input that waits: the process may have been held up, and the
   * message that the peer believes to be missing may have arrived meanwhile.
   */
  at(time: number): void {
    if (this.#isClosed) return;
    assert(!Number.isNaN(time), 'the time of the next tick is not a number');
    this.#time = time;
    // One look for both uses: a real clock goes on between two, and the delay would be negative.
    const now = this.#clock.now();
    if (time === -Infinity || time <= now) {
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
    const timer = this.#clock.setTimer(time - now, () => {
      this.#timer = undefined;
      this.#onTimer(time);
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
      this.#tick();
    });
  }

  /** Calls nothing from now on, and leaves no timer behind. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  #onTimer(dueAt: number): void {
    const lateMs = this.#clock.now() - dueAt;
    assert(!this.#isClosed, 'a closed peer has no timer');
    assert(Number.isFinite(dueAt), () => `a timer for ${dueAt}`);
    if (lateMs > overdueMs) this.#actions.onHeldUp(lateMs);
    this.#tick();
  }

  #tick(): void {
    if (this.#isClosed || this.#isTickPutOff) return;
    const isOverdue = this.#time > -Infinity && this.#clock.now() - this.#time > overdueMs;
    if (!isOverdue) {
      this.#actions.onTick();
      return;
    }
    assert(!this.#isTickPutOff, 'a tick is put off once');
    this.#isTickPutOff = true;
    this.#afterTurns(turnsToReadInput, () => {
      this.#isTickPutOff = false;
      this.#actions.onTick();
    });
  }

  #afterTurns(count: number, action: () => void): void {
    assert(count >= 1, () => `an action after ${count} turns`);
    this.#clock.defer(() => {
      if (this.#isClosed) return;
      if (count > 1) this.#afterTurns(count - 1, action);
      else action();
    });
  }
}

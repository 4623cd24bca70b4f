// Hands messages to the service in order, one at a time, each only after the one before was taken. Never from within a
// step of the core: deliveries begin after the turn that caused them.
import type { ApplyMsg } from '@raftlab/protocol';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';

/** The service's end of the apply channel. A returned promise holds the next message back. */
export type ApplyCh<Command> = (message: ApplyMsg<Command>) => void | Promise<void>;

/** Messages for the service, made one at a time when they are delivered. */
export interface Delivery<Command> {
  readonly count: number;
  messageAt(offset: number): ApplyMsg<Command>;
}

/** At most this many messages per turn of the event loop, and for at most this many ms of real time. */
const messagesPerTurn = 1024;
const turnMaxMs = 2;
/** The clock is read once per this many messages. */
const messagesPerLook = 32;

export class ApplyQueue<Command> {
  readonly #applyCh: ApplyCh<Command>;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  #deliveries: Array<Delivery<Command>> = [];
  /** The delivery that is under way, and the next message in it. */
  #head = 0;
  #offset = 0;
  /** How many messages the present turn may still deliver, and until when: kept promises go on in the same turn. */
  #leftInTurn = 0;
  #turnEndsAt = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(applyCh: ApplyCh<Command>, clock: Clock, onFailure: (error: unknown) => void) {
    this.#applyCh = applyCh;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  push(delivery: Delivery<Command>): void {
    assert(
      Number.isSafeInteger(delivery.count) && delivery.count >= 0,
      () => `a delivery of ${delivery.count}`,
    );
    if (this.#isClosed || delivery.count === 0) return;
    this.#deliveries.push(delivery);
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#forgetAll();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    assert(!this.#isClosed, 'a closed queue delivers nothing');
    this.#isScheduled = true;
    this.#deferTurn();
  }

  #deferTurn(): void {
    this.#clock.defer(() => {
      this.#leftInTurn = messagesPerTurn;
      this.#turnEndsAt = this.#clock.now() + turnMaxMs;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#isClosed) return;
    assert(this.#leftInTurn >= 0, 'a turn has delivered more than it may');
    while (!this.#isTurnOver()) {
      const delivery = this.#deliveries[this.#head];
      if (delivery === undefined) {
        this.#forgetAll();
        this.#isScheduled = false;
        return;
      }
      let taken: void | Promise<void>;
      try {
        taken = this.#applyCh(delivery.messageAt(this.#offset));
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (this.#isClosed) return;
      this.#advance(delivery);
      this.#leftInTurn -= 1;
      if (taken !== undefined) {
        taken.then(
          () => this.#deliver(),
          (error: unknown) => this.#fail(error),
        );
        return;
      }
    }
    this.#deferTurn();
  }

  #isTurnOver(): boolean {
    if (this.#leftInTurn === 0) return true;
    return this.#leftInTurn % messagesPerLook === 0 && this.#clock.now() >= this.#turnEndsAt;
  }

  #advance(delivery: Delivery<Command>): void {
    assert(this.#offset < delivery.count, 'a message was delivered that is not in the delivery');
    this.#offset += 1;
    if (this.#offset < delivery.count) return;
    this.#offset = 0;
    this.#head += 1;
    // Delivered items are dropped in batches, also when the service is slow and the queue is never empty.
    if (this.#head >= 256) {
      this.#deliveries.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #forgetAll(): void {
    this.#deliveries = [];
    this.#head = 0;
    this.#offset = 0;
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#onFailure(error);
  }
}

// Hands messages to the service in order, one at a time, each only after the one before was taken. Never from within a
// step of the core: deliveries begin after the turn that caused them.
import type { ApplyMsg } from '@raftlab/protocol';
import type { Clock } from '@raftlab/runtime';

/** The service's end of the apply channel. A returned promise holds the next message back. */
export type ApplyCh<Command> = (message: ApplyMsg<Command>) => void | Promise<void>;

/** So many messages are delivered in one turn at most; then others get theirs. */
const messagesPerTurn = 256;

export class ApplyQueue<Command> {
  readonly #applyCh: ApplyCh<Command>;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  /** Messages are made when they are delivered, so that commands are decoded one at a time. */
  #messages: Array<() => ApplyMsg<Command>> = [];
  #offset = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(applyCh: ApplyCh<Command>, clock: Clock, onFailure: (error: unknown) => void) {
    this.#applyCh = applyCh;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  push(makeMessage: () => ApplyMsg<Command>): void {
    if (this.#isClosed) return;
    this.#messages.push(makeMessage);
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#messages = [];
    this.#offset = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.defer(() => this.#deliver());
  }

  #deliver(): void {
    // What was delivered goes in batches, also when the service is slow and the queue never empty.
    if (this.#offset >= messagesPerTurn) {
      this.#messages.splice(0, this.#offset);
      this.#offset = 0;
    }
    for (let count = 0; count < messagesPerTurn; count += 1) {
      const makeMessage = this.#messages[this.#offset];
      if (makeMessage === undefined) {
        this.#messages = [];
        this.#offset = 0;
        this.#isScheduled = false;
        return;
      }
      this.#offset += 1;
      let taken: void | Promise<void>;
      try {
        taken = this.#applyCh(makeMessage());
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (this.#isClosed) return;
      if (taken !== undefined) {
        taken.then(
          () => this.#deliver(),
          (error: unknown) => this.#fail(error),
        );
        return;
      }
    }
    this.#clock.defer(() => this.#deliver());
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#onFailure(error);
  }
}

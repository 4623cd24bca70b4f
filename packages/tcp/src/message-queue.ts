// Raft's messages that wait for a connection: a bounded queue that drops the oldest.
import { assert } from '@raftlab/runtime/assert';

/** A message that waits, as bytes. */
export interface QueuedMessage {
  readonly bytes: Uint8Array;
  /** What Raft calls it in `Raft.unreachable`. */
  readonly ticket: number;
}

/** Messages in the order in which they were sent. */
export class MessageQueue {
  readonly #maxBytes: number;
  #messages: QueuedMessage[] = [];
  /** Where the oldest message is: those before it were taken. */
  #start = 0;
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    assert(maxBytes > 0, () => `a queue of at most ${maxBytes} bytes`);
    this.#maxBytes = maxBytes;
  }

  /** How many messages wait. */
  get length(): number {
    return this.#messages.length - this.#start;
  }

  /** Adds a message, and returns those that had to be dropped for it, oldest first. */
  push(message: QueuedMessage): QueuedMessage[] {
    assert(message.bytes.length > 0, 'a message has a kind at least');
    this.#messages.push(message);
    this.#sizeBytes += message.bytes.length;
    const dropped: QueuedMessage[] = [];
    while (this.#sizeBytes > this.#maxBytes && this.length > 1) {
      const oldest = this.shift();
      if (oldest !== undefined) dropped.push(oldest);
    }
    assert(this.length >= 1, 'the newest message is never dropped');
    return dropped;
  }

  /** Takes the oldest message. */
  shift(): QueuedMessage | undefined {
    const message = this.#messages[this.#start];
    if (message === undefined) return undefined;
    this.#start += 1;
    this.#sizeBytes -= message.bytes.length;
    assert(this.#sizeBytes >= 0, 'a queue has less than no bytes');
    if (this.#start * 2 >= this.#messages.length) {
      this.#messages.splice(0, this.#start);
      this.#start = 0;
    }
    return message;
  }

  /** Takes all messages. */
  clear(): QueuedMessage[] {
    const messages = this.#messages.slice(this.#start);
    assert(messages.length === this.length, 'all messages are taken');
    this.#messages = [];
    this.#start = 0;
    this.#sizeBytes = 0;
    return messages;
  }
}

// The messages of a run as columns, in the order in which they were sent: searching a million of them must be fast.
import type { ServerId } from '@raftlab/protocol';
import { firstWhere } from './search-sorted.ts';

/** The columns. A message is known by its number, from 0; each column has its value at that offset. */
export interface Messages {
  readonly count: number;
  readonly from: Uint16Array;
  readonly to: Uint16Array;
  readonly sentAt: Float64Array;
  /** When it arrived or was lost. NaN when it was in flight at the end of the run. */
  readonly endedAt: Float64Array;
  readonly isLost: Uint8Array;
  readonly isReply: Uint8Array;
  /** The offsets of the events of its sending and its end. -1 where there is none. */
  readonly sendOffset: Int32Array;
  readonly endOffset: Int32Array;
  /** The latest end of this message and all before it. Ascending, so that it can be searched. */
  readonly latestEnd: Float64Array;
}

/** The range of messages that may be in flight between `from` and `to`: from number `first` up to, not including, `end`. */
export function messagesWithin(messages: Messages, from: number, to: number): { first: number; end: number } {
  return {
    first: firstWhere(messages.count, (n) => (messages.latestEnd[n] ?? 0) >= from),
    end: firstWhere(messages.count, (n) => (messages.sentAt[n] ?? 0) > to),
  };
}

/** Builds the columns while the events are read. `capacity` is the largest number of messages. */
export class MessageColumns {
  #count = 0;
  readonly #byId = new Map<number, number>();
  readonly #from: Uint16Array;
  readonly #to: Uint16Array;
  readonly #sentAt: Float64Array;
  readonly #endedAt: Float64Array;
  readonly #isLost: Uint8Array;
  readonly #isReply: Uint8Array;
  readonly #sendOffset: Int32Array;
  readonly #endOffset: Int32Array;

  constructor(capacity: number) {
    this.#from = new Uint16Array(capacity);
    this.#to = new Uint16Array(capacity);
    this.#sentAt = new Float64Array(capacity);
    this.#endedAt = new Float64Array(capacity).fill(Number.NaN);
    this.#isLost = new Uint8Array(capacity);
    this.#isReply = new Uint8Array(capacity);
    this.#sendOffset = new Int32Array(capacity);
    this.#endOffset = new Int32Array(capacity).fill(-1);
  }

  /** Adds a message and returns its number. */
  sent(message: SentMessage): number {
    const number = this.#count;
    this.#count += 1;
    this.#byId.set(message.id, number);
    this.#from[number] = message.from;
    this.#to[number] = message.to;
    this.#sentAt[number] = message.at;
    this.#isReply[number] = Number(message.isReply);
    this.#sendOffset[number] = message.offset;
    return number;
  }

  /** The number of the message with this id. -1 when its sending is not in the trace. */
  numberOf(id: number): number {
    return this.#byId.get(id) ?? -1;
  }

  /** The offset of the event that sent the message. */
  sendOffsetOf(number: number): number {
    return this.#sendOffset[number] ?? -1;
  }

  /** Sets the end of a message: its arrival or its loss. */
  ended(number: number, end: { at: number; offset: number; isLost: boolean }): void {
    this.#endedAt[number] = end.at;
    this.#isLost[number] = Number(end.isLost);
    this.#endOffset[number] = end.offset;
  }

  /** Returns the columns. */
  finish(): Messages {
    const count = this.#count;
    const latestEnd = new Float64Array(count);
    let latest = Number.NEGATIVE_INFINITY;
    for (let number = 0; number < count; number += 1) {
      const endedAt = this.#endedAt[number] ?? Number.NaN;
      // A message without an end is drawn as a stub at the time when it was sent.
      latest = Math.max(latest, Number.isNaN(endedAt) ? (this.#sentAt[number] ?? 0) : endedAt);
      latestEnd[number] = latest;
    }
    return {
      count,
      from: this.#from.slice(0, count),
      to: this.#to.slice(0, count),
      sentAt: this.#sentAt.slice(0, count),
      endedAt: this.#endedAt.slice(0, count),
      isLost: this.#isLost.slice(0, count),
      isReply: this.#isReply.slice(0, count),
      sendOffset: this.#sendOffset.slice(0, count),
      endOffset: this.#endOffset.slice(0, count),
      latestEnd,
    };
  }
}

interface SentMessage {
  readonly id: number;
  readonly from: ServerId;
  readonly to: ServerId;
  readonly at: number;
  readonly offset: number;
  readonly isReply: boolean;
}

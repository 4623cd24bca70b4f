// One direction of a network link with a bandwidth and a latency. The lab's network has neither; simulations and measurements
// use this model to find out what Raft does when its data takes longer than a heartbeat interval to cross.
import { assert } from '@raftlab/runtime/assert';
import type { Clock, Timer } from '@raftlab/runtime';

/** The properties of a link, all fixed but the latency. */
export interface LinkOptions {
  readonly clock: Pick<Clock, 'now' | 'setTimer'>;
  /** How many bytes leave in a millisecond. Positive; Infinity for a link on which only the latency counts. */
  readonly bytesPerMs: number;
  /** How long a message is in flight after its last byte has left, in ms. Asked for each message; a number is always the same. */
  readonly latencyMs: number | (() => number);
  /** Whether no message of a lane overtakes an earlier one, as on one connection. True by default. */
  readonly isFifo?: boolean;
  /** A message that would make the queue longer than this many bytes is lost, unless the queue is empty. No bound by default. */
  readonly queueMaxBytes?: number;
}

/** A message for a link. Exactly one of the callbacks is called, once, and never before `send` returns. */
export interface LinkMessage {
  readonly sizeBytes: number;
  /** An urgent message leaves before every message that is not, and interrupts one that is leaving. False by default. */
  readonly isUrgent?: boolean;
  /** The message has arrived. */
  arrive(): void;
  /** The message is lost: the queue was full, or the link was reset. */
  lose?(): void;
}

/** What a link has carried so far. `sent` counts what was accepted or lost at the queue, in full. */
export interface LinkTallies {
  sentBytes: number;
  arrivedBytes: number;
  lostBytes: number;
}

/** A message that has not left completely. */
interface Waiting {
  readonly message: LinkMessage;
  leftBytes: number;
}

/** The message that is leaving. */
interface Leaving extends Waiting {
  readonly sinceMs: number;
  readonly timer: Timer;
}

/**
 * Messages wait in two lanes, leave one after the other at the rate of the link, and arrive after its latency. The link is a
 * function of its calls and of its clock; it draws nothing.
 */
export class Link {
  readonly tallies: LinkTallies = { sentBytes: 0, arrivedBytes: 0, lostBytes: 0 };
  readonly #options: LinkOptions;
  readonly #urgent: Waiting[] = [];
  readonly #bulk: Waiting[] = [];
  readonly #inFlight = new Map<LinkMessage, Timer>();
  #leaving: Leaving | undefined;
  #queuedBytes = 0;
  /** When the last message of each lane arrives. */
  readonly #lastArrivalMs = { urgent: 0, bulk: 0 };

  /** Throws an AssertionError when the rate is not positive. */
  constructor(options: LinkOptions) {
    assert(options.bytesPerMs > 0, () => `a link needs a positive rate; got ${options.bytesPerMs} bytes/ms`);
    this.#options = options;
  }

  /** The bytes that have not left yet, those of the message that is leaving included. */
  get queuedBytes(): number {
    const leaving = this.#leaving;
    return leaving === undefined ? this.#queuedBytes : this.#queuedBytes + this.#leftOf(leaving);
  }

  /** Accepts a message, or loses it when the queue is full. */
  send(message: LinkMessage): void {
    const { sizeBytes, isUrgent = false } = message;
    assert(sizeBytes >= 0 && sizeBytes < Infinity, () => `a message of ${sizeBytes} bytes`);
    this.tallies.sentBytes += sizeBytes;
    const { queueMaxBytes = Infinity } = this.#options;
    if (this.queuedBytes > 0 && this.queuedBytes + sizeBytes > queueMaxBytes) {
      this.#lose(message);
      return;
    }
    (isUrgent ? this.#urgent : this.#bulk).push({ message, leftBytes: sizeBytes });
    this.#queuedBytes += sizeBytes;
    if (isUrgent) this.#interrupt();
    this.#leave();
  }

  /** Loses everything that is queued or in flight, as when a connection breaks. */
  reset(): void {
    const leaving = this.#leaving;
    leaving?.timer.cancel();
    this.#leaving = undefined;
    this.#queuedBytes = 0;
    const queued = [
      ...(leaving === undefined ? [] : [leaving]),
      ...this.#urgent.splice(0),
      ...this.#bulk.splice(0),
    ];
    const inFlight = [...this.#inFlight];
    this.#inFlight.clear();
    this.#lastArrivalMs.urgent = 0;
    this.#lastArrivalMs.bulk = 0;
    for (const [message, timer] of inFlight) {
      timer.cancel();
      this.#lose(message);
    }
    for (const { message } of queued) this.#lose(message);
  }

  #leftOf({ leftBytes, sinceMs }: Leaving): number {
    const { clock, bytesPerMs } = this.#options;
    if (bytesPerMs === Infinity) return leftBytes;
    return Math.max(0, leftBytes - (clock.now() - sinceMs) * bytesPerMs);
  }

  /** Puts a message that is not urgent and is leaving back to the front of its lane, with what is left of it. */
  #interrupt(): void {
    const leaving = this.#leaving;
    if (leaving === undefined || leaving.message.isUrgent === true) return;
    leaving.timer.cancel();
    const leftBytes = this.#leftOf(leaving);
    this.#leaving = undefined;
    assert(
      leftBytes >= 0 && leftBytes <= leaving.leftBytes,
      () => `${leftBytes} bytes of a message are left`,
    );
    this.#bulk.unshift({ message: leaving.message, leftBytes });
    this.#queuedBytes += leftBytes;
  }

  /** Begins the next message if none is leaving. */
  #leave(): void {
    if (this.#leaving !== undefined) return;
    const next = this.#urgent.shift() ?? this.#bulk.shift();
    if (next === undefined) return;
    const { clock, bytesPerMs } = this.#options;
    this.#queuedBytes -= next.leftBytes;
    assert(this.#queuedBytes > -1, 'a link has fewer bytes queued than none');
    const timer = clock.setTimer(next.leftBytes / bytesPerMs, () => {
      this.#leaving = undefined;
      this.#fly(next.message);
      this.#leave();
    });
    this.#leaving = { ...next, sinceMs: clock.now(), timer };
  }

  #fly(message: LinkMessage): void {
    const { clock, latencyMs, isFifo = true } = this.#options;
    const now = clock.now();
    const lane = message.isUrgent === true ? 'urgent' : 'bulk';
    const ownArrivalMs = now + (typeof latencyMs === 'number' ? latencyMs : latencyMs());
    const arrivalMs = isFifo ? Math.max(ownArrivalMs, this.#lastArrivalMs[lane]) : ownArrivalMs;
    assert(arrivalMs >= now, 'a message arrives before it left');
    this.#lastArrivalMs[lane] = arrivalMs;
    const timer = clock.setTimer(arrivalMs - now, () => {
      this.#inFlight.delete(message);
      this.tallies.arrivedBytes += message.sizeBytes;
      message.arrive();
    });
    this.#inFlight.set(message, timer);
  }

  #lose(message: LinkMessage): void {
    this.tallies.lostBytes += message.sizeBytes;
    const { sentBytes, arrivedBytes, lostBytes } = this.tallies;
    assert(arrivedBytes + lostBytes <= sentBytes, 'more bytes left a link than were put on it');
    if (message.lose !== undefined) this.#options.clock.setTimer(0, () => message.lose?.());
  }
}

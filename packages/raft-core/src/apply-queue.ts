// Hands messages to the service in order, one at a time, each only after the one before was taken. Never from within a
// step of the core: deliveries begin after the turn that caused them. What waits is in the log, and nowhere else: the queue is
// two indexes, and a snapshot that arrived.
import { payloadOf, type ApplyMsg, type LogEntry, type LogIndex, type Snapshot } from '@raftlab/protocol';
import type { Codec } from '@raftlab/rpc';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { Amount } from './admission.ts';
import { entryMsg, snapshotMsg } from './apply-messages.ts';
import type { Applicable } from './core/outputs.ts';
import { isThenable } from './thenable.ts';

/**
 * The service's end of the apply channel. It is called with one message at a time. A promise that it returns holds the next
 * message back until it is fulfilled; what else it returns is ignored. An error that it throws, or rejects with, stops the peer.
 * While it runs, the process does nothing else: a leader whose callback takes as long as an election timeout is replaced.
 */
export type ApplyCh<Command> = (message: ApplyMsg<Command>) => void | PromiseLike<void>;

/** At most this many messages per turn of the event loop, and for at most this many ms of real time. */
const messagesPerTurn = 1024;
const turnMaxMs = 2;
/** The clock is read after the 1st, 2nd, 4th, 8th and 16th message of a turn, and then once per this many. */
const messagesPerLook = 32;

/** What an apply queue is made of. */
export interface ApplyQueueOptions<Command> {
  readonly applyCh: ApplyCh<Command>;
  readonly commandCodec: Codec<Command>;
  /** The service does not change the snapshots that it is handed. */
  readonly sharesSnapshots: boolean;
  readonly clock: Clock;
  /** The service has everything up to this index: that of the snapshot which it restored itself from. */
  readonly lastTaken: LogIndex;
  /** A committed entry that was pushed and not handed over yet. */
  readonly entryAt: (index: LogIndex) => LogEntry | undefined;
  /** A time in ms. `onSlow` is called when the service has kept the event loop busy for as long, or longer. */
  readonly slowMs: number;
  readonly onSlow: (heldMs: number) => void;
  /** The service has taken everything up to this index. */
  readonly onTaken: (index: LogIndex) => void;
  /** Called once, with what the service or the codec threw; the queue is closed then. */
  readonly onFailure: (error: unknown) => void;
}

/** The messages of one peer, in front of its service. */
export class ApplyQueue<Command> {
  readonly #options: ApplyQueueOptions<Command>;
  /** A snapshot that comes before all entries that wait. */
  #snapshot: Snapshot | undefined;
  /** The last index that may be handed over, the last that was, and the last that the service has taken. */
  #lastPushed: LogIndex;
  #lastHanded: LogIndex;
  #lastTaken: LogIndex;
  /** Entries that were pushed and not taken, and their bytes. */
  #waitingEntries = 0;
  #waitingBytes = 0;
  /** The bytes of the entry that the service is busy with; undefined for a snapshot, and for an entry that one replaced. */
  #inHandBytes: number | undefined;
  #committedBytes = 0;
  /** How many messages the present turn may still deliver, and until when: kept promises go on in the same turn. */
  #leftInTurn = 0;
  #turnEndsAt = 0;
  #lookedAt = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: ApplyQueueOptions<Command>) {
    assert(options.slowMs > 0, () => `a callback cannot be slow after ${options.slowMs} ms`);
    this.#options = options;
    assert(options.lastTaken >= 0, () => `the service has taken ${options.lastTaken}`);
    this.#lastPushed = this.#lastHanded = this.#lastTaken = options.lastTaken;
  }

  /** The last index that the service was handed: it may take a snapshot up to there. */
  get lastHanded(): LogIndex {
    return this.#lastHanded;
  }

  /** The last index that the service has taken: its callback has returned, and the promise, if any, is fulfilled. */
  get lastTaken(): LogIndex {
    return this.#lastTaken;
  }

  /** The committed entries that the service has not taken yet. */
  get waiting(): Amount {
    assert(this.#lastTaken <= this.#lastHanded, 'what is taken was handed over');
    return { entries: this.#waitingEntries, bytes: this.#waitingBytes };
  }

  /** The command bytes of all entries that were ever pushed. */
  get committedBytes(): number {
    return this.#committedBytes;
  }

  /** The size of the snapshot that waits for the service, in bytes; 0 without one. */
  get waitingSnapshotBytes(): number {
    return this.#snapshot?.data.length ?? 0;
  }

  /** Adds what the core hands out. A snapshot replaces everything that was not handed over: it covers that. */
  push(applicable: Applicable): void {
    if (this.#isClosed) return;
    if (applicable.kind === 'snapshot') {
      const { lastIncludedIndex } = applicable.snapshot;
      assert(lastIncludedIndex > this.#lastPushed, () => `a snapshot up to ${lastIncludedIndex} goes back`);
      this.#snapshot = applicable.snapshot;
      this.#lastPushed = lastIncludedIndex;
      this.#waitingEntries = this.#waitingBytes = 0;
      this.#inHandBytes = undefined;
    } else {
      const { firstIndex, entries } = applicable;
      assert(firstIndex === this.#lastPushed + 1, () => `${firstIndex} does not follow ${this.#lastPushed}`);
      const sizeBytes = sizeBytesOf(entries);
      this.#lastPushed += entries.length;
      this.#waitingEntries += entries.length;
      this.#waitingBytes += sizeBytes;
      this.#committedBytes += sizeBytes;
    }
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#snapshot = undefined;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    assert(!this.#isClosed, 'a closed queue delivers nothing');
    this.#isScheduled = true;
    this.#deferTurn();
  }

  #deferTurn(): void {
    assert(this.#isScheduled, 'a turn that was not scheduled');
    const { clock } = this.#options;
    clock.defer(() => {
      this.#leftInTurn = messagesPerTurn;
      this.#turnEndsAt = clock.now() + turnMaxMs;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#isClosed) return;
    assert(this.#lastHanded <= this.#lastPushed, 'what is handed over was pushed');
    this.#lookedAt = this.#options.clock.now();
    while (this.#leftInTurn > 0) {
      if (this.#lastHanded === this.#lastPushed) {
        this.#isScheduled = false;
        this.#look();
        return;
      }
      let returned: unknown;
      let isHeldBack: boolean;
      try {
        returned = this.#options.applyCh(this.#handOver());
        isHeldBack = isThenable(returned);
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#leftInTurn -= 1;
      if (isHeldBack || this.#isLookDue()) this.#look();
      if (this.#isClosed) return;
      if (isHeldBack) {
        this.#deliverAfter(Promise.resolve(returned));
        return;
      }
      this.#take();
    }
    this.#deferTurn();
  }

  #deliverAfter(taken: Promise<unknown>): void {
    assert(this.#lastTaken < this.#lastHanded, 'a message is held back before it is taken');
    taken.then(
      () => {
        this.#take();
        this.#deliver();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** The next message; from now on it counts as handed over. */
  #handOver(): ApplyMsg<Command> {
    const { entryAt, commandCodec, sharesSnapshots } = this.#options;
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) {
      assert(snapshot.lastIncludedIndex > this.#lastHanded, 'a snapshot moves the service forward');
      this.#snapshot = undefined;
      this.#lastHanded = snapshot.lastIncludedIndex;
      this.#inHandBytes = undefined;
      return snapshotMsg(sharesSnapshots ? snapshot : { ...snapshot, data: snapshot.data.slice() });
    }
    const index = this.#lastHanded + 1;
    const entry = entryAt(index);
    assert(entry !== undefined, () => `there is no entry to apply at ${index}`);
    assert(index <= this.#lastPushed, 'an entry is handed over after it was pushed');
    this.#inHandBytes = payloadOf(entry).length;
    this.#lastHanded = index;
    return entryMsg(commandCodec, index, entry);
  }

  #take(): void {
    assert(this.#lastTaken < this.#lastHanded, 'a message is taken once');
    this.#lastTaken = this.#lastHanded;
    this.#options.onTaken(this.#lastTaken);
    if (this.#inHandBytes === undefined) return;
    this.#waitingEntries -= 1;
    this.#waitingBytes -= this.#inHandBytes;
    assert(this.#waitingEntries >= 0 && this.#waitingBytes >= 0, 'more was taken than had waited');
  }

  #isLookDue(): boolean {
    const delivered = messagesPerTurn - this.#leftInTurn;
    assert(delivered >= 0 && delivered <= messagesPerTurn, 'the bound of a turn is kept');
    return delivered % messagesPerLook === 0 || (delivered & (delivered - 1)) === 0;
  }

  /** Ends the turn when its time is over, and reports a service that held it up. */
  #look(): void {
    const now = this.#options.clock.now();
    const heldMs = now - this.#lookedAt;
    assert(heldMs >= 0, 'the clock went back');
    this.#lookedAt = now;
    if (now >= this.#turnEndsAt) this.#leftInTurn = 0;
    if (heldMs >= this.#options.slowMs) this.#options.onSlow(heldMs);
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    assert(this.#lastTaken <= this.#lastHanded, 'what is taken was handed over');
    this.close();
    this.#options.onFailure(error);
  }
}

function sizeBytesOf(entries: readonly LogEntry[]): number {
  let sizeBytes = 0;
  for (const entry of entries) sizeBytes += payloadOf(entry).length;
  return sizeBytes;
}

// The service of one server from a start to a crash: it accepts one message at a time, in order, and takes snapshots. Its state is the
// index of the last command; the commands themselves are compared by the history of the run.
import type { LabApplyMsg, LogIndex, ServerId } from '@raftlab/protocol';
import { valueCodec } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import { show, type Recorder } from '@raftlab/trace';
import { z } from 'zod';
import type { Mix } from '../mix.ts';
import type { OutsideHistory } from './outside-history.ts';
import { OutsideViolation } from './outside-violation.ts';

const snapshotCodec = valueCodec(
  'snapshot of the service',
  z.strictObject({ lastIncludedIndex: z.int().min(1), padding: z.string() }),
);
/** Makes snapshots of different indexes differ in their length too. */
const paddingMax = 30;

export interface OutsideServiceOptions {
  readonly server: ServerId;
  readonly clock: Clock;
  readonly random: Random;
  readonly mix: Pick<Mix, 'applyDelayMaxMs' | 'snapshotEvery'>;
  readonly history: OutsideHistory;
  readonly recorder: Recorder | undefined;
  /** Faults have ended: the service applies at once. */
  readonly isHealed: () => boolean;
  readonly takeSnapshot: (index: LogIndex, data: Uint8Array) => void;
}

export class OutsideService {
  readonly #options: OutsideServiceOptions;
  #lastApplied: LogIndex = 0;
  #isBusy = false;

  /** A service that starts from the snapshot that its server has saved; empty if there is none. */
  constructor(snapshot: Uint8Array, options: OutsideServiceOptions) {
    this.#options = options;
    if (snapshot.length > 0) this.#lastApplied = this.#indexIn(snapshot, 'saved');
  }

  get lastApplied(): LogIndex {
    return this.#lastApplied;
  }

  /** Throws OutsideViolation if the message is out of order, or if its command is wrong. The next message waits for the promise. */
  take(message: LabApplyMsg): void | Promise<void> {
    const { server, history, recorder, takeSnapshot, mix } = this.#options;
    const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
    if (this.#isBusy)
      throw new OutsideViolation(
        'One message at a time',
        `server ${server} called applyCh with index ${index} before the promise of the call with index ` +
          `${this.#lastApplied} had settled`,
      );
    const command = message.commandValid ? { command: show(message.command) } : {};
    recorder?.record({ kind: 'apply', server, index, ...command });
    if (message.commandValid) {
      this.#expectNext(index);
      history.onApplied(server, index, message.command);
    } else {
      this.#expectForward(index, this.#indexIn(message.snapshot, 'applied'));
    }
    this.#lastApplied = index;
    const { snapshotEvery } = mix;
    if (message.commandValid && snapshotEvery > 0 && index % snapshotEvery === 0)
      takeSnapshot(
        index,
        snapshotCodec.encode({ lastIncludedIndex: index, padding: '.'.repeat(index % paddingMax) }),
      );
    return this.#pause();
  }

  #expectNext(index: LogIndex): void {
    const expected = this.#lastApplied + 1;
    if (index === expected) return;
    throw new OutsideViolation(
      'Applied in order',
      `server ${this.#options.server} applied index ${index} after index ${this.#lastApplied}: expected index ${expected}`,
    );
  }

  #expectForward(index: LogIndex, covered: LogIndex): void {
    const { server } = this.#options;
    if (index !== covered)
      throw new OutsideViolation(
        'Snapshots are unchanged',
        `server ${server} applied a snapshot with snapshotIndex ${index}, but the service took it at index ${covered}`,
      );
    if (index > this.#lastApplied) return;
    throw new OutsideViolation(
      'Applied in order',
      `server ${server} applied a snapshot up to index ${index} after index ${this.#lastApplied}: the service would go back`,
    );
  }

  #indexIn(snapshot: Uint8Array, what: string): LogIndex {
    const { server } = this.#options;
    try {
      return snapshotCodec.decode(snapshot).lastIncludedIndex;
    } catch (error) {
      throw new OutsideViolation(
        'Snapshots are unchanged',
        `the ${snapshot.length} bytes that server ${server} ${what} as a snapshot are not one that the service has taken`,
        { cause: error },
      );
    }
  }

  #pause(): void | Promise<void> {
    const { mix, random, clock, isHealed } = this.#options;
    if (isHealed() || mix.applyDelayMaxMs === 0 || !random.chance(1, 4)) return undefined;
    this.#isBusy = true;
    return new Promise((resolve) => {
      clock.setTimer(random.uniform(0, mix.applyDelayMaxMs), () => {
        this.#isBusy = false;
        resolve();
      });
    });
  }
}

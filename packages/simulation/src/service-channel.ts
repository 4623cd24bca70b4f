// The service's end of the apply channel, in one life of one server: how long the service takes for a message, when it hands
// its snapshots over, and what it does with the buffers that it shares. It accepts one message at a time.
import { expectThat, Violation } from '@raftlab/invariants';
import type { ApplyMsg, LogIndex, ServerId } from '@raftlab/protocol';
import type { Clock, Random } from '@raftlab/runtime';
import type { Mix } from './mix.ts';
import type { Reached } from './reached.ts';

/** A careless service hands its snapshot over up to this long after it was taken, in ms. */
const lateSnapshotMaxMs = 300;

/** Two services that were handed the same commands differ, or one was handed a command out of order. */
class ServiceViolation extends Error {
  override readonly name: string = 'ServiceViolation';
  readonly property = 'Services agree';
}

export interface ServiceChannelOptions {
  readonly server: ServerId;
  readonly clock: Clock;
  readonly random: Random;
  readonly mix: Pick<Mix, 'applyDelayMaxMs' | 'isCareless' | 'slowServiceOf' | 'slowServiceMs'>;
  /** Faults have ended: the service takes every message at once. */
  readonly isHealed: () => boolean;
  readonly reached: Reached;
  /** Carries a message out on the service. Throws a Violation when the services of two servers differ. */
  readonly take: (message: ApplyMsg) => void;
  /** Hands a snapshot to the peer. */
  readonly snapshot: (index: LogIndex, data: Uint8Array) => void;
  readonly onViolation: (violation: Error) => void;
}

export class ServiceChannel {
  readonly #options: ServiceChannelOptions;
  #isBusy = false;
  #isClosed = false;
  /** Ends the wait of a service that is slow. A crash calls it too: a dead service is handed nothing more. */
  #finish: () => void = () => undefined;

  constructor(options: ServiceChannelOptions) {
    this.#options = options;
  }

  /** The service is handed a message. A promise holds the next one back. */
  deliver(message: ApplyMsg): void | Promise<void> {
    const { server, take, onViolation, clock } = this.#options;
    try {
      expectThat(
        !this.#isBusy,
        () => `server ${server} hands its service a message before it has taken the last`,
      );
      take(message);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      onViolation(cause instanceof Violation ? new ServiceViolation(cause.message) : cause);
      return undefined;
    }
    const delayMs = this.#drawDelayMs();
    if (delayMs === 0) return undefined;
    this.#isBusy = true;
    return new Promise((resolve) => {
      this.#finish = () => {
        this.#isBusy = false;
        resolve();
      };
      clock.setTimer(delayMs, () => this.#finish());
    });
  }

  /** The service has a snapshot, which it hands over now or later. */
  takeSnapshot(index: LogIndex, data: Uint8Array): void {
    const { mix, random, clock } = this.#options;
    if (!mix.isCareless) {
      this.#options.snapshot(index, data);
      return;
    }
    const handOver = (): void => {
      if (this.#isClosed) return;
      this.#options.snapshot(index, data);
      overwrite(data);
    };
    if (random.chance(1, 2)) {
      handOver();
      return;
    }
    this.#options.reached.note('snapshot handed over late');
    clock.setTimer(random.uniform(0, lateSnapshotMaxMs), handOver);
  }

  /** The server has crashed. */
  close(): void {
    this.#isClosed = true;
    this.#finish();
  }

  /** 0 when the service takes the message at once. */
  #drawDelayMs(): number {
    const { server, mix, random, isHealed } = this.#options;
    if (isHealed()) return 0;
    if (mix.slowServiceOf === server) return random.uniform(0, mix.slowServiceMs);
    if (mix.applyDelayMaxMs === 0 || !random.chance(1, 4)) return 0;
    return random.uniform(0, mix.applyDelayMaxMs);
  }
}

/** Overwrites the bytes of a buffer that the other side was handed, or has handed over. */
export function overwrite(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0xee);
}

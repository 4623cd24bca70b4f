// How one message crosses the network between two servers: it takes a drawn time whatever its size, or it crosses a link.
import { Link } from '@raftlab/labrpc';
import type { Clock, Random } from '@raftlab/runtime';
import type { LinkHabits } from './conditions.ts';
import { slowFactor, type Mix } from './mix.ts';

/** A message in flight. Exactly one of the callbacks is called. */
export interface Passenger {
  readonly from: number;
  readonly to: number;
  readonly sizeBytes: number;
  /** Whether its sender lets it overtake data; undefined: if it is small. */
  readonly isUrgent: boolean | undefined;
  arrive(): void;
  lose(): void;
}

/** Carries messages that are not lost. */
export interface Passage {
  carry(passenger: Passenger): void;
  /** From now on messages are fast; or, on links, what is queued is lost and every message is carried. */
  heal(): void;
}

/** A time for each message, so that messages overtake each other; a few take ten times as long. */
export class DrawnPassage implements Passage {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #mix: Pick<Mix, 'delayMaxMs' | 'slowPerMille'>;
  #isHealthy = false;

  constructor(clock: Clock, random: Random, mix: Pick<Mix, 'delayMaxMs' | 'slowPerMille'>) {
    this.#clock = clock;
    this.#random = random;
    this.#mix = mix;
  }

  carry(passenger: Passenger): void {
    this.#clock.setTimer(this.#drawDelayMs(), () => passenger.arrive());
  }

  heal(): void {
    this.#isHealthy = true;
  }

  #drawDelayMs(): number {
    const { delayMaxMs, slowPerMille } = this.#mix;
    if (this.#isHealthy) return this.#random.uniform(0, 1);
    const isSlow = this.#random.chance(slowPerMille, 1000);
    return this.#random.uniform(0, isSlow ? delayMaxMs * slowFactor : delayMaxMs);
  }
}

/** What is at most this long counts as urgent where its sender says nothing: replies, and the votes and heartbeats of another Raft. */
const urgentMaxBytes = 128;

/** A link from each server or client to each other one. */
export class LinkPassage implements Passage {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #habits: LinkHabits;
  readonly #links = new Map<number, Link>();
  readonly #nodes: number;

  constructor(clock: Clock, random: Random, { habits, nodes }: { habits: LinkHabits; nodes: number }) {
    this.#clock = clock;
    this.#random = random;
    this.#habits = habits;
    this.#nodes = nodes;
  }

  carry(passenger: Passenger): void {
    const { from, to, sizeBytes, isUrgent = sizeBytes <= urgentMaxBytes } = passenger;
    this.#link(from, to).send({
      sizeBytes,
      isUrgent: this.#habits.hasUrgentLane && isUrgent,
      arrive: () => passenger.arrive(),
      lose: () => passenger.lose(),
    });
  }

  /** The links stay what they are: slowness is no fault. */
  heal(): void {
    for (const link of this.#links.values()) link.reset();
  }

  #link(from: number, to: number): Link {
    const key = from * this.#nodes + to;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const { bytesPerMs, latencyMs, jitterMs, isFifo, queueMaxBytes } = this.#habits;
    const link = new Link({
      clock: this.#clock,
      bytesPerMs,
      latencyMs: jitterMs === 0 ? latencyMs : () => latencyMs + this.#random.uniform(0, jitterMs),
      isFifo,
      queueMaxBytes,
    });
    this.#links.set(key, link);
    return link;
  }
}

// Takes one snapshot at a time: a small one at once, a large one in many turns of the event loop, between which the server goes on.
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { joinPieces } from './snapshot-parts.ts';

/** A snapshot with fewer bytes is taken, and installed, at once: it takes about a millisecond. */
export const atOnceMaxBytes: number = 262_144;

/** Takes the whole snapshot. */
export type DeliverSnapshot = (data: Uint8Array) => void;

/** The snapshot of one server that is being taken, if any. */
export class SnapshotTaker {
  readonly #clock: Pick<Clock, 'breathe' | 'defer'>;
  /** Undefined while none is being taken. */
  #underWay: { isAbandoned: boolean } | undefined;

  constructor(clock: Pick<Clock, 'breathe' | 'defer'>) {
    this.#clock = clock;
  }

  /** Whether a snapshot is being taken. */
  get isBusy(): boolean {
    return this.#underWay !== undefined;
  }

  /** Makes the pieces and delivers them as one array. */
  take(pieces: Iterable<Uint8Array>, deliver: DeliverSnapshot): void {
    assert(!this.isBusy, 'one snapshot is taken at a time');
    const rest = pieces[Symbol.iterator]();
    const made: Uint8Array[] = [];
    let sizeBytes = 0;
    for (let next = rest.next(); ; next = rest.next()) {
      if (next.done === true) {
        deliver(joinPieces(made));
        return;
      }
      made.push(next.value);
      sizeBytes += next.value.length;
      if (sizeBytes >= atOnceMaxBytes) break;
    }
    this.#run(async (isAbandoned) => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) {
        made.push(next.value);
        await this.#clock.breathe();
        if (isAbandoned()) return;
      }
      const data = await joinInTurns(this.#clock, made);
      if (!isAbandoned()) deliver(data);
    });
  }

  /** The snapshot that is being taken, if any, is of no use any more. */
  abandon(): void {
    if (this.#underWay !== undefined) this.#underWay.isAbandoned = true;
  }

  #run(finish: (isAbandoned: () => boolean) => Promise<void>): void {
    assert(this.#underWay === undefined, 'the last snapshot has ended');
    const course = { isAbandoned: false };
    this.#underWay = course;
    finish(() => course.isAbandoned)
      .finally(() => (this.#underWay = undefined))
      .catch((error: unknown) => {
        // A bug of the service: thrown where it ends the process, as an error of `apply` does without a handler.
        this.#clock.defer(() => {
          throw error;
        });
      });
  }
}

/** All pieces in one array, and the event loop goes on while they are made and joined. */
export async function joinInTurns(
  clock: Pick<Clock, 'breathe'>,
  pieces: Iterable<Uint8Array>,
): Promise<Uint8Array> {
  const made: Uint8Array[] = [];
  for (const piece of pieces) {
    made.push(piece);
    await clock.breathe();
  }
  const joined = new Uint8Array(made.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of made) {
    joined.set(piece, at);
    at += piece.length;
    await clock.breathe();
  }
  assert(at === joined.length, 'the pieces were not changed while they were joined');
  return joined;
}

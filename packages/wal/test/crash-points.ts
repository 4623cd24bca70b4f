// Random histories of writes, with a power failure at every operation on files: the recovered state must be the state after some
// batch, not before the last acknowledged one, and the storage must continue to work.
import { isDeepStrictEqual } from 'node:util';
import { CommandEntry, ConfigurationEntry, NoopEntry, type LogEntry } from '@raftlab/protocol';
import { Random } from '@raftlab/runtime';
import { applyBatch, nothingStored, type Storage, type StoredState, type WriteBatch } from '@raftlab/storage';
import { SimulatedFileSystem, type Operation } from '@raftlab/wal/simulated';
import { open } from './storages.ts';

/** A moment of a power failure. */
interface CrashPoint {
  readonly left: SimulatedFileSystem;
  readonly operation: Operation;
  /** The number of acknowledged batches, and of all batches. */
  readonly acknowledged: number;
  readonly asked: number;
  /** The number of recoveries that were interrupted before it. */
  readonly depth: number;
}

/** A recovery of a recovery of a recovery is enough. */
const depthMax = 2;

interface Counts {
  crashPoints: number;
  /** The number of those during the recovery from another one. */
  inRecovery: number;
  /** By kind of operation. */
  readonly operations: Record<string, number>;
  /** The number of those that found an unacknowledged batch. */
  unacknowledgedFound: number;
}

export type CrashReport = Readonly<Counts>;

/** Tests at least this many crash points. Throws with the seed of a history in which one is wrong. */
export async function tryCrashPoints(seed: string, count: number): Promise<CrashReport> {
  const report: Counts = { crashPoints: 0, inRecovery: 0, operations: {}, unacknowledgedFound: 0 };
  for (let number = 1; report.crashPoints < count; number += 1) {
    const history = new CrashedHistory(Random.fromSeed(seed).fork(`history ${number}`), report);
    try {
      await history.run();
    } catch (error) {
      throw new Error(`seed ${seed}, history ${number}: ${String(error)}`, { cause: error });
    }
  }
  return report;
}

const lossChances = [0, 10, 50, 90, 100];

class CrashedHistory {
  readonly #random: Random;
  readonly #report: Counts;
  /** The states after each batch; the first is before all of them. */
  readonly #states: (StoredState | undefined)[] = [undefined];
  #acknowledged = 0;
  #points: CrashPoint[] = [];
  readonly #segmentSizeBytes: number;

  constructor(random: Random, report: Counts) {
    this.#random = random;
    this.#report = report;
    this.#segmentSizeBytes = random.pick([1024, 2048, 4096, 16_384]);
  }

  async run(): Promise<void> {
    const system = this.#watch(new SimulatedFileSystem());
    let storage = await this.#open(system);
    const writeCount = this.#random.int(1, 25);
    for (let write = 0; write < writeCount; write += 1) {
      const together = this.#random.pick([1, 1, 1, 2, 5]);
      await Promise.all(Array.from({ length: together }, () => this.#write(storage, together === 1)));
      await this.#check();
      if (!this.#random.chance(1, 12)) continue;
      await storage.close();
      storage = await this.#open(system);
    }
    await storage.close();
    await this.#check();
  }

  async #write(storage: Storage, isAlone: boolean): Promise<void> {
    const before = this.#states.at(-1);
    const batch = drawBatch(this.#random, before ?? nothingStored);
    const number = this.#states.push(applyBatch(before ?? nothingStored, batch)) - 1;
    // Some snapshots are stored ahead and never written.
    if (isAlone && this.#random.chance(1, 8)) await storage.stage?.(bytes(this.#random, 900));
    if (isAlone && batch.snapshot !== undefined && this.#random.chance(1, 2))
      await storage.stage?.(batch.snapshot.data);
    await storage.write(batch);
    this.#acknowledged = Math.max(this.#acknowledged, number);
  }

  #open(system: SimulatedFileSystem): Promise<Storage> {
    return open(system, { segmentSizeBytes: this.#segmentSizeBytes });
  }

  /** From now on loses power at every operation. */
  #watch(system: SimulatedFileSystem): SimulatedFileSystem {
    system.faults = {
      onUnderWay: (operation) => {
        if (['list', 'open', 'read', 'lock'].includes(operation.kind)) return;
        this.#points.push({
          left: system.powerLoss(this.#random, this.#random.pick(lossChances)),
          operation,
          acknowledged: this.#acknowledged,
          asked: this.#states.length - 1,
          depth: 0,
        });
      },
    };
    return system;
  }

  /** Each crash point, and the crash points of its own recovery. */
  async #check(): Promise<void> {
    for (let point = this.#points.shift(); point !== undefined; point = this.#points.shift()) {
      const { left } = point;
      if (point.depth < depthMax && this.#random.chance(1, 4)) this.#nest(point);
      const found = await this.#find(point);
      left.faults = {};
      if (this.#random.chance(1, 4)) await this.#goOn(left, found);
    }
  }

  /** Loses power again, at an operation of the recovery. */
  #nest(point: CrashPoint): void {
    const { left } = point;
    left.faults = {
      onUnderWay: (operation) => {
        if (!['write', 'sync', 'rename', 'remove'].includes(operation.kind)) return;
        this.#report.inRecovery += 1;
        const again = left.powerLoss(this.#random, this.#random.pick(lossChances));
        this.#points.push({ ...point, left: again, operation, depth: point.depth + 1 });
      },
    };
  }

  async #find({ left, operation, acknowledged, asked }: CrashPoint): Promise<StoredState | undefined> {
    this.#report.crashPoints += 1;
    this.#report.operations[operation.kind] = (this.#report.operations[operation.kind] ?? 0) + 1;
    const storage = await this.#open(left);
    const found = await storage.load();
    await storage.close();
    const allowed = this.#states.slice(acknowledged, asked + 1);
    const at = allowed.findIndex((state) => isDeepStrictEqual(state, found));
    if (at === -1) {
      const known = this.#states.findIndex((state) => isDeepStrictEqual(state, found));
      throw new Error(
        `after a crash at operation ${operation.number} (${operation.kind} ${operation.path}) the state after batch ` +
          `${known === -1 ? 'none of them' : known} was found; ${acknowledged} were acknowledged, ${asked} asked for`,
      );
    }
    if (at > 0) this.#report.unacknowledgedFound += 1;
    return found;
  }

  /** Writes continue, and are found afterwards. */
  async #goOn(left: SimulatedFileSystem, found: StoredState | undefined): Promise<void> {
    const before = found ?? nothingStored;
    const batch = drawBatch(this.#random, before);
    const storage = await this.#open(left);
    await storage.write(batch);
    const again = await this.#open(left.powerLoss(this.#random, 100));
    const after = await again.load();
    if (!isDeepStrictEqual(after, applyBatch(before, batch)))
      throw new Error('a batch that was written after the recovery is lost');
  }
}

/** A batch that fits the state. */
function drawBatch(random: Random, { hardState, snapshot, entries }: StoredState): WriteBatch {
  const currentTerm = hardState.currentTerm + random.pick([0, 0, 1]) + (hardState.currentTerm === 0 ? 1 : 0);
  const votes = { hardState: { currentTerm, votedFor: random.pick([null, 0, 1, 2]) } };
  const base = snapshot?.lastIncludedIndex ?? 0;
  const lastIndex = base + entries.length;
  const parts: WriteBatch[] = [];
  let start = base;
  if (random.chance(1, 6)) {
    const lastIncludedIndex = random.chance(1, 5)
      ? lastIndex + random.int(1, 9)
      : Math.max(1, random.int(base, Math.max(base, lastIndex)));
    const lastIncludedTerm =
      entries[lastIncludedIndex - base - 1]?.term ??
      (lastIncludedIndex === base
        ? (snapshot?.lastIncludedTerm ?? 0)
        : (entries.at(-1)?.term ?? snapshot?.lastIncludedTerm ?? 0));
    start = lastIncludedIndex;
    parts.push({
      snapshot: {
        lastIncludedIndex,
        lastIncludedTerm,
        data: bytes(random, random.pick([0, 10, 600, 3000])),
        ...(random.chance(1, 4) && { configuration: bytes(random, random.int(0, 20)) }),
      },
    });
  }
  if (parts.length === 0 || random.chance(1, 2)) {
    const end = Math.max(start, lastIndex);
    const firstIndex = Math.max(start + 1, end + 1 - (random.chance(1, 4) ? random.int(0, 5) : 0));
    const list = Array.from({ length: random.int(0, 4) }, () => drawEntry(random, currentTerm));
    parts.push({ log: { firstIndex, entries: list } });
  }
  return Object.assign({}, random.chance(1, 2) || currentTerm > hardState.currentTerm ? votes : {}, ...parts);
}

function drawEntry(random: Random, term: number): LogEntry {
  const payload = bytes(random, random.pick([0, 5, 20, 300, 511, 1500]));
  return random.pick([
    new CommandEntry(term, payload),
    new CommandEntry(term, payload),
    new NoopEntry(term),
    new ConfigurationEntry(term, payload),
  ]);
}

/** Sometimes zeros, which look like unwritten sectors. */
function bytes(random: Random, sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(random.pick([0, random.int(0, 255)]));
}

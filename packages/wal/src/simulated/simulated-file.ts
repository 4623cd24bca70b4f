// The content of one simulated file: what its users see, and what a loss of power may leave of it.
import { assert } from '@raftlab/runtime/assert';
import type { Random } from '@raftlab/runtime';

/** A sector is written as a whole or not at all. */
export const sectorSizeBytes = 512;

/** What a sector may contain after a loss of power: the durable content first, then what was written over it. */
type Versions = Uint8Array[];

/** The bytes of a file. A sector that is not durable may be left as any of its versions, whatever becomes of the others. */
export class SimulatedFile {
  #content: Uint8Array = new Uint8Array(0);
  #size = 0;
  /** Written since the last sync. */
  #unsynced = new Map<number, Versions>();
  /** Written before a sync that failed: the system takes them for clean, and no later sync writes them. */
  #forgotten = new Map<number, Versions>();
  /** The lengths that the file may have after a loss of power, the durable one first. */
  #sizes: number[] = [0];

  get size(): number {
    return this.#size;
  }

  read(bytes: Uint8Array, position: number): number {
    assert(position >= 0, () => `reads at ${position}`);
    const end = Math.min(this.#size, position + bytes.length);
    if (end <= position) return 0;
    bytes.set(this.#content.subarray(position, end));
    return end - position;
  }

  /** Returns the sectors that were written. */
  write(bytes: Uint8Array, position: number): number[] {
    assert(position >= 0, () => `writes at ${position}`);
    const end = position + bytes.length;
    this.#reserve(end);
    const sectors = sectorsOf(Math.min(position, this.#size), end);
    for (const sector of sectors) this.#versionsOf(sector);
    this.#content.set(bytes, position);
    for (const sector of sectors) this.#versionsOf(sector).push(this.#copyOf(sector));
    if (end > this.#size) {
      this.#size = end;
      this.#sizes.push(end);
    }
    assert(this.#sizes.at(-1) === this.#size, 'the last length is the present one');
    return sectors;
  }

  /** Empties the file. */
  truncate(): void {
    for (const sector of sectorsOf(0, this.#size))
      this.#versionsOf(sector).push(new Uint8Array(sectorSizeBytes));
    this.#content.fill(0);
    this.#size = 0;
    this.#sizes.push(0);
  }

  /** Everything is durable, or these sectors and the length are. */
  makeDurable(sectors: Iterable<number> = [...this.#unsynced.keys()]): void {
    for (const sector of sectors) this.#unsynced.delete(sector);
    this.#sizes = [this.#size];
  }

  /** A sync has failed: what it should have written may be durable or not, for good. */
  forget(): void {
    for (const [sector, versions] of this.#unsynced) this.#forgotten.set(sector, versions);
    this.#unsynced.clear();
  }

  /** What the process that runs now would find after its own crash. */
  copy(): SimulatedFile {
    const twin = new SimulatedFile();
    twin.#content = this.#content.slice();
    twin.#size = this.#size;
    twin.#sizes = [this.#size];
    return twin;
  }

  /** What a loss of power leaves. Of what is not durable, each part is lost with the chance of `lossPerHundred`. */
  afterPowerLoss(random: Random, lossPerHundred: number): SimulatedFile {
    const left = this.copy();
    for (const [sector, versions] of [...this.#forgotten, ...this.#unsynced]) {
      left.#content.set(draw(versions, random, lossPerHundred), sector * sectorSizeBytes);
    }
    left.#size = draw(this.#sizes, random, lossPerHundred);
    left.#content.fill(0, left.#size);
    left.#sizes = [left.#size];
    assert(left.#unsynced.size === 0 && left.#forgotten.size === 0, 'what is left is durable');
    return left;
  }

  flipBit(bit: number): void {
    const at = bit >> 3;
    assert(at < this.#size, () => `there is no bit ${bit} in a file of ${this.#size} bytes`);
    this.#content[at] = (this.#content[at] ?? 0) ^ (1 << (bit & 7));
  }

  /** Makes room for `sizeBytes` bytes, in whole sectors. */
  #reserve(sizeBytes: number): void {
    const needed = Math.ceil(sizeBytes / sectorSizeBytes) * sectorSizeBytes;
    if (needed <= this.#content.length) return;
    const content = new Uint8Array(Math.max(needed, 2 * this.#content.length));
    content.set(this.#content);
    this.#content = content;
    assert(this.#content.length >= sizeBytes, 'there is no room');
  }

  /** The versions of a sector that is about to be written; the present content becomes the first if it is durable. */
  #versionsOf(sector: number): Versions {
    const versions = this.#unsynced.get(sector) ?? this.#forgotten.get(sector) ?? [this.#copyOf(sector)];
    this.#forgotten.delete(sector);
    this.#unsynced.set(sector, versions);
    return versions;
  }

  #copyOf(sector: number): Uint8Array {
    const start = sector * sectorSizeBytes;
    const copy = this.#content.slice(start, start + sectorSizeBytes);
    assert(copy.length === sectorSizeBytes, () => `sector ${sector} has no room`);
    return copy;
  }
}

function sectorsOf(start: number, end: number): number[] {
  const first = Math.floor(start / sectorSizeBytes);
  return Array.from({ length: Math.max(0, Math.ceil(end / sectorSizeBytes) - first) }, (_, at) => first + at);
}

/** The last version; or, if it is lost, any earlier one. */
function draw<T>(versions: readonly T[], random: Random, lossPerHundred: number): T {
  const last = versions.length - 1;
  const at = last > 0 && random.chance(lossPerHundred, 100) ? random.int(0, last - 1) : last;
  const version = versions[at];
  assert(version !== undefined, 'there is always a durable version');
  return version;
}

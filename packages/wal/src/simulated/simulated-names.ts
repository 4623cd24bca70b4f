// The names in simulated directories: what programs see, and what a loss of power may leave of it.
import type { Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { SimulatedFile } from './simulated-file.ts';

/** What a name stands for. */
export type Entry = SimulatedFile | 'directory';
type Names = Map<string, Entry>;
/** Names that come into being (or go, where there is no entry) together or not at all. */
export type NameChange = readonly (readonly [path: string, entry: Entry | undefined])[];

/** The names of all directories, as whole paths. */
export class SimulatedNames {
  #present: Names = new Map();
  #durable: Names = new Map();
  /** Changes that are not durable, by the directory that must be synced for them. */
  readonly #pending = new Map<string, NameChange[]>();

  get(path: string): Entry | undefined {
    return this.#present.get(path);
  }

  /** Every name there is. */
  all(): ReadonlyMap<string, Entry> {
    return this.#present;
  }

  change(directory: string, change: NameChange): void {
    assert(
      change.every(([path]) => directoryOf(path) === directory),
      () => `a change in ${directory} names another directory`,
    );
    apply(this.#present, change);
    this.#pending.set(directory, [...(this.#pending.get(directory) ?? []), change]);
  }

  makeDurable(directory: string): void {
    for (const change of this.#pending.get(directory) ?? []) apply(this.#durable, change);
    this.#pending.delete(directory);
  }

  /** What is left when each change that is not durable is lost with the chance of `lossPerHundred`. */
  afterPowerLoss(random: Random, lossPerHundred: number): ReadonlyMap<string, Entry> {
    const left = new Map(this.#durable);
    for (const change of [...this.#pending.values()].flat()) {
      if (!random.chance(lossPerHundred, 100)) apply(left, change);
    }
    // What is in a directory that is lost is lost with it.
    for (const path of left.keys()) if (!hasDirectories(left, path)) left.delete(path);
    return left;
  }

  /** Names that are all durable. */
  static of(entries: Iterable<readonly [path: string, entry: Entry]>): SimulatedNames {
    const names = new SimulatedNames();
    names.#present = new Map(entries);
    names.#durable = new Map(names.#present);
    assert(names.#pending.size === 0, 'names that are given are durable');
    return names;
  }
}

/** The directory that a path is in; empty at the top. */
export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function apply(names: Names, change: NameChange): void {
  for (const [path, entry] of change) {
    if (entry === undefined) names.delete(path);
    else names.set(path, entry);
  }
}

function hasDirectories(names: Names, path: string): boolean {
  const directory = directoryOf(path);
  return directory === '' || (names.get(directory) === 'directory' && hasDirectories(names, directory));
}

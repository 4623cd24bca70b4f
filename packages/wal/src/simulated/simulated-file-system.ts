// A file system in memory that does to its files what a disk may do: it forgets what was not synced when the power is lost,
// fails, runs out of room, changes bits, and takes time.
import { assert } from '@raftlab/runtime/assert';
import type { Random } from '@raftlab/runtime';
import { LockedError } from '../errors.ts';
import type { File, FileSystem, Lock, OpenMode } from '../file-system.ts';
import { SimulatedFile } from './simulated-file.ts';
import { directoryOf, SimulatedNames, type Entry } from './simulated-names.ts';

/** One operation. */
export interface Operation {
  readonly kind:
    | 'makeDirectory'
    | 'list'
    | 'open'
    | 'rename'
    | 'remove'
    | 'syncDirectory'
    | 'lock'
    | 'read'
    | 'write'
    | 'sync';
  readonly path: string;
  /** Counts the operations of the file system, from 1. */
  readonly number: number;
}

/** What happens to the operations. */
export interface Faults {
  /** The code of the error with which the operation fails; undefined if it succeeds. */
  readonly fail?: ((operation: Operation) => 'EIO' | 'ENOSPC' | undefined) | undefined;
  /** Bytes that all files together may have: a write takes what fits, and the next one fails with ENOSPC. */
  readonly capacityBytes?: number | undefined;
  /** Fulfilled when the operation may go on; at once by default. */
  readonly delay?: ((operation: Operation) => Promise<void>) | undefined;
  /** Called when the operation has had its effect, but is not durable and not reported yet: a moment for a crash. */
  readonly onUnderWay?: ((operation: Operation) => void) | undefined;
}

/** A system error as Node reports it. */
class SimulatedError extends Error {
  override readonly name: string = 'SimulatedError';
  readonly code: string;

  constructor(code: string, { kind, path }: Pick<Operation, 'kind' | 'path'>) {
    super(`${code}: ${kind} '${path}'`);
    this.code = code;
  }
}

/** Files and directories of one machine. Every path must be absolute, and the directories of a file must have been made. */
export class SimulatedFileSystem implements FileSystem {
  /** May be replaced at any time. */
  faults: Faults;
  readonly #names: SimulatedNames;
  readonly #locks = new Set<string>();
  #operationCount = 0;

  constructor(faults: Faults = {}, names: SimulatedNames = new SimulatedNames()) {
    this.faults = faults;
    this.#names = names;
  }

  /** How many operations there were. */
  get operationCount(): number {
    return this.#operationCount;
  }

  /** The files and their sizes in bytes, by path. */
  get files(): ReadonlyMap<string, number> {
    const files = new Map<string, number>();
    for (const [path, entry] of this.#names.all()) if (entry !== 'directory') files.set(path, entry.size);
    return files;
  }

  /**
   * The machine after its power was lost at this moment and came back. Of the sectors, lengths and names that are not durable,
   * each is lost with the chance of `lossPerHundred`, by itself. This file system is not changed.
   */
  powerLoss(random: Random, lossPerHundred: number): SimulatedFileSystem {
    assert(lossPerHundred >= 0 && lossPerHundred <= 100, () => `loses ${lossPerHundred} of 100`);
    return this.#restarted(this.#names.afterPowerLoss(random, lossPerHundred), (file) =>
      file.afterPowerLoss(random, lossPerHundred),
    );
  }

  /** The machine after the process that uses it has crashed at this moment: nothing is lost. This one is not changed. */
  processCrash(): SimulatedFileSystem {
    return this.#restarted(this.#names.all(), (file) => file.copy());
  }

  /** Inverts a bit of a file, durably. Bit 0 is the lowest of the first byte. */
  flipBit(path: string, bit: number): void {
    this.#file({ kind: 'write', path }).flipBit(bit);
  }

  /** Cuts a file to a length, durably. */
  cut(path: string, sizeBytes: number): void {
    const file = this.#file({ kind: 'write', path });
    const bytes = new Uint8Array(Math.min(file.size, sizeBytes));
    file.read(bytes, 0);
    file.truncate();
    file.write(bytes, 0);
    file.makeDurable();
  }

  makeDirectory(path: string): Promise<void> {
    assert(path.startsWith('/'), () => `${path} is not absolute`);
    const directories: string[] = [];
    for (let each = path; each !== ''; each = directoryOf(each)) directories.unshift(each);
    const effect = (): void => {
      for (const each of directories) {
        if (this.#names.get(each) === undefined) this.#names.change(directoryOf(each), [[each, 'directory']]);
      }
    };
    const complete = (): void => {
      for (const each of directories) this.#names.makeDurable(directoryOf(each));
    };
    return this.#operate({ kind: 'makeDirectory', path }, effect, { complete });
  }

  list(path: string): Promise<string[]> {
    return this.#operate({ kind: 'list', path }, () => {
      if (this.#names.get(path) !== 'directory') throw new SimulatedError('ENOENT', { kind: 'list', path });
      const paths = [...this.#names.all().keys()].filter((each) => directoryOf(each) === path);
      return paths.map((each) => each.slice(path.length + 1)).toSorted();
    });
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.#operate({ kind: 'open', path }, () => {
      if (mode !== 'create') return this.#opened(path, mode, this.#file({ kind: 'open', path }));
      const present = this.#names.get(path);
      const file = present instanceof SimulatedFile ? present : new SimulatedFile();
      if (present === undefined) this.#createName(path, file);
      file.truncate();
      return this.#opened(path, mode, file);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate({ kind: 'rename', path: from }, () => {
      const file = this.#file({ kind: 'rename', path: from });
      this.#names.change(directoryOf(to), [
        [from, undefined],
        [to, file],
      ]);
    });
  }

  remove(path: string): Promise<void> {
    return this.#operate({ kind: 'remove', path }, () => {
      this.#file({ kind: 'remove', path });
      this.#names.change(directoryOf(path), [[path, undefined]]);
    });
  }

  syncDirectory(path: string): Promise<void> {
    const complete = (): void => this.#names.makeDurable(path);
    return this.#operate({ kind: 'syncDirectory', path }, () => undefined, { complete });
  }

  lock(path: string): Promise<Lock> {
    return this.#operate({ kind: 'lock', path }, () => {
      this.#checkDirectory({ kind: 'lock', path });
      if (this.#locks.has(path)) throw new LockedError(path, 'another storage of this process');
      this.#locks.add(path);
      return {
        release: async () => {
          this.#locks.delete(path);
        },
      };
    });
  }

  #opened(openedAs: string, mode: OpenMode, file: SimulatedFile): File {
    // A file may have been renamed since it was opened.
    let known = openedAs;
    const path = (): string => {
      if (this.#names.get(known) !== file)
        known = [...this.#names.all()].find(([, entry]) => entry === file)?.[0] ?? known;
      return known;
    };
    return {
      size: async () => file.size,
      read: (bytes, position) =>
        this.#operate({ kind: 'read', path: path() }, () => file.read(bytes, position)),
      write: (bytes, position) =>
        this.#write({ path: path(), file, isDurable: mode === 'durable' }, bytes, position),
      sync: () =>
        this.#operate({ kind: 'sync', path: path() }, () => undefined, {
          complete: () => file.makeDurable(),
          fail: () => file.forget(),
        }),
      close: async () => undefined,
    };
  }

  async #write(
    { path, file, isDurable }: { path: string; file: SimulatedFile; isDurable: boolean },
    bytes: Uint8Array,
    position: number,
  ): Promise<number> {
    let sectors: number[] = [];
    const effect = (): number => {
      const fitting = bytes.subarray(0, this.#roomFor(file, bytes.length, position));
      if (fitting.length < Math.min(1, bytes.length))
        throw new SimulatedError('ENOSPC', { kind: 'write', path });
      sectors = file.write(fitting, position);
      return fitting.length;
    };
    return this.#operate({ kind: 'write', path }, effect, {
      complete: () => isDurable && file.makeDurable(sectors),
      // Of a write that fails, any sectors may have been written.
      fail: () => {
        effect();
        if (isDurable) file.forget();
      },
    });
  }

  /**
   * `effect` is seen at once; `complete` makes it durable, when nothing has failed. When the operation fails, `fail` happens
   * instead of both.
   */
  async #operate<T>(
    { kind, path }: Pick<Operation, 'kind' | 'path'>,
    effect: () => T,
    { complete, fail }: { readonly complete?: () => unknown; readonly fail?: () => unknown } = {},
  ): Promise<T> {
    this.#operationCount += 1;
    const operation = { kind, path, number: this.#operationCount };
    const { faults } = this;
    const code = faults.fail?.(operation);
    await faults.delay?.(operation);
    if (code !== undefined) {
      fail?.();
      throw new SimulatedError(code, operation);
    }
    const result = effect();
    faults.onUnderWay?.(operation);
    await Promise.resolve();
    complete?.();
    return result;
  }

  #roomFor(file: SimulatedFile, sizeBytes: number, position: number): number {
    assert(position >= 0, () => `writes at ${position}`);
    const { capacityBytes } = this.faults;
    if (capacityBytes === undefined) return sizeBytes;
    const usedBytes = [...this.files.values()].reduce((sum, size) => sum + size, 0);
    return Math.max(0, Math.min(sizeBytes, file.size - position + capacityBytes - usedBytes));
  }

  #createName(path: string, file: SimulatedFile): void {
    this.#checkDirectory({ kind: 'open', path });
    this.#names.change(directoryOf(path), [[path, file]]);
  }

  #checkDirectory(operation: Pick<Operation, 'kind' | 'path'>): void {
    if (this.#names.get(directoryOf(operation.path)) !== 'directory')
      throw new SimulatedError('ENOENT', operation);
  }

  #file(operation: Pick<Operation, 'kind' | 'path'>): SimulatedFile {
    const entry = this.#names.get(operation.path);
    if (entry === undefined) throw new SimulatedError('ENOENT', operation);
    if (entry === 'directory') throw new SimulatedError('EISDIR', operation);
    return entry;
  }

  #restarted(
    names: ReadonlyMap<string, Entry>,
    restart: (file: SimulatedFile) => SimulatedFile,
  ): SimulatedFileSystem {
    const entries = [...names].map(
      ([path, entry]) => [path, entry === 'directory' ? entry : restart(entry)] as const,
    );
    assert(entries.length === names.size, 'a restart adds no names');
    return new SimulatedFileSystem({}, SimulatedNames.of(entries));
  }
}

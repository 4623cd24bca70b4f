// A storage on files: every write is a record of a log, and a snapshot is a file that a record names.
import type { Snapshot } from '@raftlab/protocol';
import {
  UnusableError,
  type LogOutline,
  type Storage,
  type StoredState,
  type WriteBatch,
} from '@raftlab/storage';
import { isFull, StorageFullError } from './errors.ts';
import { snapshotName } from './file-names.ts';
import type { FileSystem, Lock } from './file-system.ts';
import { recover } from './recovery.ts';
import type { Replay } from './replay.ts';
import type { CheckpointContent, SegmentLog } from './segment-log.ts';
import { readSnapshot, writeSnapshot, type SnapshotFile } from './snapshot-file.ts';
import { encodeBatches, lastEntryIndexOf, toStored, type SnapshotReference } from './stored-batch.ts';

/** So many writes at most are one record. */
const groupMaxWrites = 4096;

/** What keeps a directory open. */
export interface OpenDirectory {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly lock: Lock;
  readonly log: SegmentLog;
}

/** A call that waits for its turn. */
interface Job {
  /** Undefined for a load. */
  readonly batch: WriteBatch | undefined;
  readonly resolve: (stored: StoredState | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** The storage that `openWal` returns. */
export class Wal implements Storage {
  readonly #directory: OpenDirectory;
  /** What the records so far lead to. */
  readonly #outline: LogOutline;
  /** The same, with the writes that wait. */
  readonly #accepted: LogOutline;
  #snapshot: SnapshotReference | undefined;
  #isWritten: boolean;
  /** What was read when the directory was opened, for the first load; undefined once something was loaded or written. */
  #replay: Replay | undefined;
  #jobs: Job[] = [];
  #working: Promise<void> | undefined;
  #cleaning: Promise<unknown> = Promise.resolve();
  /** The file of a snapshot that no write has named yet. */
  #staged: { readonly data: Uint8Array; readonly file: SnapshotFile } | undefined;
  #staging: Promise<void> = Promise.resolve();
  /** Of the last snapshot file that was begun. */
  #snapshotId: number;
  #failure: unknown;
  #closing: Promise<void> | undefined;

  /** See `openWal`. `replay` is what was found in the directory. */
  constructor(directory: OpenDirectory, replay: Replay) {
    this.#directory = directory;
    this.#outline = replay.outline.copy();
    this.#accepted = replay.outline.copy();
    this.#snapshot = replay.snapshot;
    this.#snapshotId = replay.snapshot?.id ?? -1;
    this.#isWritten = replay.isWritten;
    this.#replay = replay;
  }

  load(): Promise<StoredState | undefined> {
    if (this.#closing !== undefined) return Promise.reject(new UnusableError('load'));
    return this.#enqueue(undefined);
  }

  async write(batch: WriteBatch): Promise<void> {
    if (this.#closing !== undefined) throw new UnusableError('write');
    if (this.#failure !== undefined) throw new UnusableError('write', { cause: this.#failure });
    if (batch.hardState === undefined && batch.snapshot === undefined && batch.log === undefined) return;
    // Now, so that the next call is compared with what this one leads to.
    this.#accepted.apply(batch);
    await this.#enqueue(batch);
  }

  /** Beside the writes, which do not wait for it. */
  async stage(data: Uint8Array): Promise<void> {
    if (this.#closing !== undefined) throw new UnusableError('write');
    const staged = this.#staging.then(() => this.#stage(data));
    this.#staging = staged.catch(() => undefined);
    await staged;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#working;
    await this.#staging;
    await this.#cleaning;
    await this.#directory.log.close();
    await this.#directory.lock.release();
  }

  #enqueue(batch: WriteBatch | undefined): Promise<StoredState | undefined> {
    const result = new Promise<StoredState | undefined>((resolve, reject) => {
      this.#jobs.push({ batch, resolve, reject });
    });
    this.#working ??= this.#work();
    return result;
  }

  /** One job after another; writes that wait together are one record. */
  async #work(): Promise<void> {
    // What is asked for in the same turn is written together.
    await Promise.resolve();
    while (this.#jobs.length > 0) {
      const [first] = this.#jobs;
      if (first?.batch === undefined) await this.#runLoad();
      else await this.#runWrites();
    }
    this.#working = undefined;
  }

  async #runLoad(): Promise<void> {
    const [job] = this.#jobs.splice(0, 1);
    try {
      job?.resolve(await this.#read());
    } catch (error) {
      job?.reject(error);
    }
  }

  async #runWrites(): Promise<void> {
    const jobs = this.#takeGroup();
    try {
      if (this.#failure !== undefined) throw new UnusableError('write', { cause: this.#failure });
      await this.#commit(jobs.flatMap(({ batch }) => batch ?? []));
      for (const job of jobs) job.resolve(undefined);
    } catch (error) {
      const reason = this.#fail(error);
      for (const job of jobs) job.reject(reason);
    }
  }

  /** What failed may be stored or not: nothing is written any more. Returns the error to report. */
  #fail(error: unknown): unknown {
    const reason = isFull(error) ? new StorageFullError(this.#directory.directory, error) : error;
    this.#failure ??= reason;
    return reason;
  }

  async #stage(data: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw new UnusableError('write', { cause: this.#failure });
    this.#dropStaged();
    try {
      this.#staged = { data, file: await this.#writeSnapshotFile({ data }) };
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Removes the staged snapshot, which no write will name. */
  #dropStaged(): void {
    if (this.#staged === undefined) return;
    this.#removeLater([this.#pathOf(this.#staged.file)]);
    this.#staged = undefined;
  }

  #writeSnapshotFile(content: Pick<Snapshot, 'data' | 'configuration'>): Promise<SnapshotFile> {
    const { fileSystem, directory, log } = this.#directory;
    // At one end of the log there may be several.
    this.#snapshotId = Math.max(log.end, this.#snapshotId + 1);
    return writeSnapshot(fileSystem, directory, { ...content, id: this.#snapshotId });
  }

  async #referenceOf(snapshot: Snapshot): Promise<SnapshotReference> {
    const { lastIncludedIndex, lastIncludedTerm, data, configuration } = snapshot;
    const staged = this.#staged;
    const isStaged = staged?.data === data && configuration === undefined;
    if (isStaged) this.#staged = undefined;
    const file = isStaged ? staged.file : await this.#writeSnapshotFile(snapshot);
    return { lastIncludedIndex, lastIncludedTerm, ...file };
  }

  #pathOf({ id }: Pick<SnapshotReference, 'id'>): string {
    return `${this.#directory.directory}/${snapshotName(id)}`;
  }

  /** The writes that wait, up to the next load; a snapshot is written alone. */
  #takeGroup(): Job[] {
    const end = this.#jobs.findIndex(
      ({ batch }, at) =>
        at > 0 && (batch === undefined || batch.snapshot !== undefined || at === groupMaxWrites),
    );
    const count = this.#jobs[0]?.batch?.snapshot === undefined ? (end === -1 ? this.#jobs.length : end) : 1;
    return this.#jobs.splice(0, count);
  }

  async #commit(batches: readonly WriteBatch[]): Promise<void> {
    const { log } = this.#directory;
    this.#replay = undefined;
    const [snapshot] = batches.flatMap((batch) => batch.snapshot ?? []);
    const reference = snapshot && (await this.#referenceOf(snapshot));
    const payload = encodeBatches(batches.map((batch) => toStored(batch, reference)));
    await log.append(payload, Math.max(...batches.map(lastEntryIndexOf)), () => this.#checkpoint());
    for (const batch of batches) this.#outline.apply(batch);
    this.#isWritten = true;
    this.#removeReplaced(reference);
  }

  #checkpoint(): CheckpointContent {
    return {
      isWritten: this.#isWritten,
      outline: this.#outline.toData(),
      ...(this.#snapshot && { snapshot: this.#snapshot }),
    };
  }

  /**
   * Removes what the record that was just written replaces: the snapshot before the one that it names, and segments whose entries
   * are covered. In the background; what remains is removed when the directory is opened again.
   */
  #removeReplaced(reference: SnapshotReference | undefined): void {
    const paths = this.#directory.log.takeCovered(this.#outline.lastIncludedIndex);
    if (reference !== undefined) {
      if (this.#snapshot !== undefined) paths.push(this.#pathOf(this.#snapshot));
      this.#snapshot = reference;
    }
    this.#removeLater(paths);
  }

  #removeLater(paths: readonly string[]): void {
    if (paths.length === 0) return;
    const { fileSystem } = this.#directory;
    const remove = async (): Promise<void> => {
      for (const path of paths) await fileSystem.remove(path);
    };
    this.#cleaning = this.#cleaning.then(remove).catch(() => undefined);
  }

  async #read(): Promise<StoredState | undefined> {
    const { fileSystem, directory } = this.#directory;
    await this.#cleaning;
    const replay = this.#replay ?? (await recover(fileSystem, directory)).replay;
    this.#replay = undefined;
    if (!replay.isWritten) return undefined;
    const { hardState } = replay.outline;
    const snapshot = replay.snapshot && (await readSnapshot(fileSystem, directory, replay.snapshot));
    return { hardState: { ...hardState }, snapshot, entries: replay.entries };
  }
}

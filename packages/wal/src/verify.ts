// Looks at a directory without changing it: what is in it, and the first thing that is damaged.
import { resolve } from 'node:path';
import type { HardState, LogIndex } from '@raftlab/protocol';
import { CorruptStateError } from '@raftlab/storage';
import { codeOf, IdentityError } from './errors.ts';
import { segmentName, snapshotName } from './file-names.ts';
import type { FileSystem } from './file-system.ts';
import { readIdentity, type Identity } from './identity.ts';
import { NodeFileSystem } from './node-file-system.ts';
import { recover, type Recovered, type Segment } from './recovery.ts';
import { sectorSizeBytes } from './sectors.ts';
import { readSnapshot } from './snapshot-file.ts';

/** What is wrong with a directory. */
export interface Damage {
  readonly message: string;
  readonly file: string | undefined;
  /** In bytes; undefined where the file as a whole is wrong. */
  readonly offset: number | undefined;
}

/** One segment of the log. */
export interface SegmentReport {
  readonly file: string;
  readonly recordCount: number;
  /** Of its records, without the room behind them. */
  readonly sizeBytes: number;
  /** The highest index of an entry in it; 0 without one. */
  readonly lastEntryIndex: LogIndex;
}

/** What a directory contains, as far as it can be read. Plain data. */
export interface WalReport {
  readonly directory: string;
  readonly identity: Identity | undefined;
  /** Those before the first damage. */
  readonly segments: readonly SegmentReport[];
  /** Undefined when the log is damaged, or was never written. */
  readonly state:
    | {
        readonly hardState: HardState;
        readonly snapshot:
          | {
              readonly file: string;
              readonly lastIncludedIndex: LogIndex;
              readonly lastIncludedTerm: number;
              readonly sizeBytes: number;
            }
          | undefined;
        /** The entries after the snapshot: from here, so many. */
        readonly firstIndex: LogIndex;
        readonly entryCount: number;
      }
    | undefined;
  /** A write that a crash has cut off; the next start removes it. While the server runs, it may be one that is under way. */
  readonly torn: { readonly file: string; readonly offset: number; readonly sizeBytes: number } | undefined;
  /** Files that nothing refers to; the next start removes them. */
  readonly leftovers: readonly string[];
  /** The first damage. */
  readonly damage: Damage | undefined;
}

interface LookOptions {
  /** Node's by default. */
  readonly fileSystem?: FileSystem;
}

/** Reads the log of a directory, but not the data of its snapshot. Rejects when the directory cannot be read at all. */
export function inspectWal(directory: string, options: LookOptions = {}): Promise<WalReport> {
  return look(resolve(directory), options, { readsSnapshot: false });
}

/** Reads everything in a directory and compares it with its checksums. Rejects when the directory cannot be read at all. */
export function verifyWal(directory: string, options: LookOptions = {}): Promise<WalReport> {
  return look(resolve(directory), options, { readsSnapshot: true });
}

async function look(
  directory: string,
  { fileSystem = new NodeFileSystem() }: LookOptions,
  { readsSnapshot }: { readonly readsSnapshot: boolean },
): Promise<WalReport> {
  await fileSystem.list(directory);
  let damage: Damage | undefined;
  const guard = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      damage ??= damageOf(error);
      return undefined;
    }
  };
  const identity = await guard(() => readIdentity(fileSystem, directory));
  const segments: Segment[] = [];
  const recovered = await guard(() => recover(fileSystem, directory, (segment) => segments.push(segment)));
  const reference = recovered?.replay.snapshot;
  if (readsSnapshot && reference !== undefined)
    await guard(() => readSnapshot(fileSystem, directory, reference));
  return {
    directory,
    identity,
    segments: segments.map((segment) => reportOf(directory, segment)),
    state: recovered && stateOf(directory, recovered),
    torn: recovered && tornOf(directory, recovered),
    leftovers: recovered?.leftovers.map((name) => `${directory}/${name}`) ?? [],
    damage,
  };
}

/** Throws what is no damage. */
function damageOf(error: unknown): Damage {
  if (error instanceof CorruptStateError)
    return { message: error.message, file: error.file, offset: error.offset };
  if (error instanceof IdentityError)
    return { message: error.message, file: error.directory, offset: undefined };
  // The medium says itself that it cannot read.
  if (error instanceof Error && codeOf(error) === 'EIO')
    return { message: error.message, file: undefined, offset: undefined };
  throw error;
}

function reportOf(
  directory: string,
  { number, recordCount, sectorCount, lastEntryIndex }: Segment,
): SegmentReport {
  return {
    file: `${directory}/${segmentName(number)}`,
    recordCount,
    sizeBytes: sectorCount * sectorSizeBytes,
    lastEntryIndex,
  };
}

function stateOf(directory: string, { replay }: Recovered): WalReport['state'] {
  if (!replay.isWritten) return undefined;
  const { snapshot, entries, outline } = replay;
  return {
    hardState: outline.hardState,
    snapshot: snapshot && {
      file: `${directory}/${snapshotName(snapshot.id)}`,
      lastIncludedIndex: snapshot.lastIncludedIndex,
      lastIncludedTerm: snapshot.lastIncludedTerm,
      sizeBytes: snapshot.sizeBytes,
    },
    firstIndex: outline.lastIncludedIndex + 1,
    entryCount: entries.length,
  };
}

function tornOf(directory: string, { torn, segments }: Recovered): WalReport['torn'] {
  return (
    torn && {
      file: `${directory}/${segmentName(segments.at(-1)?.number ?? 0)}`,
      offset: torn.sector * sectorSizeBytes,
      sizeBytes: (torn.endSector - torn.sector) * sectorSizeBytes,
    }
  );
}

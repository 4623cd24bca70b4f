// Opens a directory: takes its lock, checks whose it is, reads it, and puts in order what a crash has left.
import { resolve } from 'node:path';
import { LogOutline } from '@raftlab/storage';
import type { ServerId } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { formatVersion } from './checkpoint.ts';
import { codeOf, DirectoryError, IdentityError, isFull, isNotWritable, StorageFullError } from './errors.ts';
import { isOfLog, lockName, segmentName, segmentNumberOf } from './file-names.ts';
import { writeFully, type FileSystem, type Lock } from './file-system.ts';
import { checkIdentity, readIdentity, writeIdentity, type Identity } from './identity.ts';
import { NodeFileSystem } from './node-file-system.ts';
import { recover, type Recovered } from './recovery.ts';
import { Replay } from './replay.ts';
import { sectorSizeBytes } from './sectors.ts';
import { SegmentLog, type CheckpointContent, type SegmentLogOptions } from './segment-log.ts';
import { Wal } from './wal.ts';

/** The size of a segment file, in bytes, unless the options name another. */
export const defaultSegmentSizeBytes: number = 64 * 1024 * 1024;

/** Options of `openWal`. */
export interface WalOptions {
  /** The name of the cluster, and the server in it that the directory is for. */
  readonly cluster: string;
  readonly server: ServerId;
  /**
   * What the directory must be. `new`: empty, for a server that never ran. `existing`: one that was made before; an empty one is
   * refused, because a server that has lost its votes and entries must not come back under the same number. `either`: whatever
   * it is, for tests: it does not notice a lost disk.
   */
  readonly start: 'new' | 'existing' | 'either';
  /** Node's by default. */
  readonly fileSystem?: FileSystem;
  /** So much room is made for the log at once, in bytes: 64 MiB by default. */
  readonly segmentSizeBytes?: number;
}

/**
 * Opens the stable storage of a server in a directory of its own. Rejects with a LockedError when a living process has it, with an
 * IdentityError when it is not the expected one, with a CorruptStateError when it is damaged, with a StorageFullError when there
 * is no room, with a DirectoryError where the process may not create files, and with the system's error when reading or writing fails.
 */
export async function openWal(directoryPath: string, options: WalOptions): Promise<Wal> {
  const { fileSystem = new NodeFileSystem(), segmentSizeBytes = defaultSegmentSizeBytes, start } = options;
  const directory = resolve(directoryPath);
  if (!(segmentSizeBytes >= sectorSizeBytes)) {
    throw new RangeError(`segmentSizeBytes is ${segmentSizeBytes}; it must be at least ${sectorSizeBytes}.`);
  }
  const lock = await takeDirectory(fileSystem, directory, start).catch((error: unknown) => {
    throw isNotWritable(error) ? new DirectoryError(directory, error) : error;
  });
  try {
    const logOptions = { fileSystem, directory, segmentSizeBytes };
    const { log, replay } = (await isNew(fileSystem, directory, options))
      ? await create(logOptions, options)
      : await reopen(logOptions);
    return new Wal({ fileSystem, directory, lock, log }, replay);
  } catch (error) {
    await lock.release();
    throw isFull(error) ? new StorageFullError(directory, error) : error;
  }
}

/** Makes the directory, unless it must exist, and takes its lock. */
async function takeDirectory(
  fileSystem: FileSystem,
  directory: string,
  start: WalOptions['start'],
): Promise<Lock> {
  if (start !== 'existing') {
    await fileSystem.makeDirectory(directory).catch((error: unknown) => {
      // What Node reports when a directory above it exists, and is on a file system that is mounted read-only.
      throw codeOf(error) === 'ENOENT' ? new DirectoryError(directory, error) : error;
    });
  }
  try {
    return await fileSystem.lock(`${directory}/${lockName}`);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new IdentityError(directory, 'does not exist', startedBefore);
  }
}

const startedBefore =
  "If this server ran before, mount its disk, or replace it by a server with a new number. If it never ran, open it with start: 'new'.";

/** Whether the directory is to be made. Throws IdentityError when it is not what was asked for. */
async function isNew(
  fileSystem: FileSystem,
  directory: string,
  { cluster, server, start }: Identity & Pick<WalOptions, 'start'>,
): Promise<boolean> {
  const identity = await readIdentity(fileSystem, directory);
  if (identity === undefined) {
    const names = await fileSystem.list(directory);
    checkHasNoForeignFiles(directory, names);
    if (names.some((name) => segmentNumberOf(name) !== undefined)) await checkHasNoLog(fileSystem, directory);
    if (start === 'existing') throw new IdentityError(directory, 'is empty', startedBefore);
    return true;
  }
  checkIdentity(directory, identity, { cluster, server });
  if (start !== 'new') return false;
  throw new IdentityError(
    directory,
    `has been used by server ${server} before`,
    "Open it with start: 'existing' to go on; for a new server, take an empty directory.",
  );
}

/** A directory with other files is hardly the one that was meant. A file system of its own has a `lost+found`. */
function checkHasNoForeignFiles(directory: string, names: readonly string[]): void {
  const foreign = names.find((name) => !isOfLog(name) && name !== 'lost+found' && !name.startsWith('.'));
  if (foreign === undefined) return;
  throw new IdentityError(
    directory,
    `has files that are not a server's, such as ${foreign}`,
    'Give the server a directory of its own.',
  );
}

/** A log without identity is one that was never used, because the identity is written last; or the identity is lost. */
async function checkHasNoLog(fileSystem: FileSystem, directory: string): Promise<void> {
  const { replay } = await recover(fileSystem, directory);
  if (!replay.isWritten) return;
  throw new IdentityError(
    directory,
    'has a log, but not the file that says whose it is',
    'Restore the directory from a copy, or replace the server by a new one.',
  );
}

interface Opened {
  readonly log: SegmentLog;
  readonly replay: Replay;
}

async function create(options: SegmentLogOptions, identity: Identity): Promise<Opened> {
  const { fileSystem, directory } = options;
  const content: CheckpointContent = { isWritten: false, outline: new LogOutline().toData() };
  const log = await SegmentLog.create(options, content);
  await writeIdentity(fileSystem, directory, identity);
  return { log, replay: new Replay({ version: formatVersion, segment: 1, chain: 0, ...content }) };
}

async function reopen(options: SegmentLogOptions): Promise<Opened> {
  const recovered = await recover(options.fileSystem, options.directory);
  assert(recovered.replay.missingCount === 0, 'entries are missing');
  await tidy(options, recovered);
  return { log: await SegmentLog.resume(options, recovered), replay: recovered.replay };
}

/** Puts zeros where a write was cut off, as if it had never begun, and removes files that nothing refers to. */
async function tidy(
  { fileSystem, directory }: SegmentLogOptions,
  { torn, segments, leftovers }: Recovered,
): Promise<void> {
  if (torn !== undefined) {
    assert(torn.endSector > torn.sector, 'a write that was cut off has left something');
    const file = await fileSystem.open(
      `${directory}/${segmentName(segments.at(-1)?.number ?? 0)}`,
      'durable',
    );
    try {
      const sizeBytes = (torn.endSector - torn.sector) * sectorSizeBytes;
      await writeFully(file, new Uint8Array(sizeBytes), torn.sector * sectorSizeBytes);
    } finally {
      await file.close();
    }
  }
  for (const name of leftovers) await fileSystem.remove(`${directory}/${name}`);
}

// What a write-ahead log asks of files and directories. Node's file system is one implementation, a simulated one another.
import { assert } from '@raftlab/runtime/assert';

/**
 * How a file is opened. `read`: it must exist, and is not written. `create`: it is empty afterwards; its writes are durable
 * after `sync`. `durable`: it must exist; each of its writes is durable when its promise is fulfilled.
 */
export type OpenMode = 'read' | 'create' | 'durable';

/**
 * Files and directories, by paths with `/`. Operations reject with the system's error (`code` ENOENT, ENOSPC, EIO, …). What a
 * crash of the machine leaves is said with each operation; a crash of the process alone loses nothing that was fulfilled.
 */
export interface FileSystem {
  /** Makes the directory and those that it is in, durably; no error if it exists. */
  makeDirectory(path: string): Promise<void>;
  /** The names in a directory, sorted. */
  list(path: string): Promise<string[]>;
  open(path: string, mode: OpenMode): Promise<File>;
  /** Atomic; replaces what was at `to`. Durable, and only then certain, once the directory is synced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. Durable, and only then certain, once the directory is synced. */
  remove(path: string): Promise<void>;
  /** Makes the names in a directory durable: files that were created, renamed or removed. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes the lock of this path for the process. Rejects with a LockedError when a living process has it, this one included.
   * The lock ends with `release` or with the process, however it ends.
   */
  lock(path: string): Promise<Lock>;
}

/** An open file. One operation at a time. */
export interface File {
  /** The length of the file in bytes. */
  size(): Promise<number>;
  /** Reads into `bytes` from `position` on. Returns how many bytes were read: less than asked for at the end of the file. */
  read(bytes: Uint8Array, position: number): Promise<number>;
  /**
   * Writes at `position`; a gap behind the end of the file is filled with zeros. Returns how many bytes were written, which
   * may be less than asked for. In a crash of the machine before the bytes are durable, any of their sectors may be lost.
   */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /**
   * Makes everything that was written durable. When it fails it is not known what is durable, and a later sync that succeeds
   * does not change that: the system has forgotten that there was something to write.
   */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A lock on a file; released by `release`, or by the operating system when the process ends. */
export interface Lock {
  release(): Promise<void>;
}

/** Writes all of the bytes, in as many calls as it takes. */
export async function writeFully(file: File, bytes: Uint8Array, position: number): Promise<void> {
  assert(position >= 0, () => `writes at ${position}`);
  for (let at = 0; at < bytes.length;) {
    const count = await file.write(bytes.subarray(at), position + at);
    assert(
      count > 0 && count <= bytes.length - at,
      () => `a write of ${bytes.length - at} bytes wrote ${count}`,
    );
    at += count;
  }
}

/** Reads up to the length of `bytes`, in as many calls as it takes. Returns how many bytes the file had. */
export async function readFully(file: File, bytes: Uint8Array, position: number): Promise<number> {
  let at = 0;
  while (at < bytes.length) {
    const count = await file.read(bytes.subarray(at), position + at);
    assert(
      count >= 0 && count <= bytes.length - at,
      () => `a read of ${bytes.length - at} bytes read ${count}`,
    );
    if (count === 0) break;
    at += count;
  }
  return at;
}

/** The whole content of a file. */
export async function readFile(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fileSystem.open(path, 'read');
  try {
    const bytes = new Uint8Array(await file.size());
    return bytes.subarray(0, await readFully(file, bytes, 0));
  } finally {
    await file.close();
  }
}

/** So much of a new file at most waits for the medium: a synced write of another file waits behind all of it. */
const unsyncedMaxBytes = 1024 * 1024;

/** Writes a new file, whole and durable or not at all, also in place of an older one. */
export async function replaceFile(
  fileSystem: FileSystem,
  { directory, name }: { readonly directory: string; readonly name: string },
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  const [temporary, path] = [`${directory}/${name}${temporarySuffix}`, `${directory}/${name}`];
  const file = await fileSystem.open(temporary, 'create');
  try {
    let [position, syncedTo] = [0, 0];
    for (const piece of pieces) {
      await writeFully(file, piece, position);
      position += piece.length;
      if (position - syncedTo < unsyncedMaxBytes) continue;
      syncedTo = position;
      await file.sync();
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await fileSystem.rename(temporary, path);
  await fileSystem.syncDirectory(directory);
}

/** Ends the names of files that are not complete yet. A restart removes them. */
export const temporarySuffix = '.tmp';

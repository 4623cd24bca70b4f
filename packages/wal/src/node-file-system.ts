// The file system of Node. The callback functions are used, since their promises cost an object and a turn more.
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { lockDirectory } from './directory-lock.ts';
import type { File, FileSystem, Lock, OpenMode } from './file-system.ts';

const flags: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC,
  durable: fs.constants.O_RDWR | fs.constants.O_DSYNC,
};

/** New files are for their owner only: the log has what clients have stored. */
const fileMode = 0o600;
const directoryMode = 0o700;

/** The files of this machine. Needs a file system that keeps what fsync and O_DSYNC promise: ext4, XFS, APFS, not tmpfs. */
export class NodeFileSystem implements FileSystem {
  async makeDirectory(path: string): Promise<void> {
    const first = await fs.promises.mkdir(path, { recursive: true, mode: directoryMode });
    if (first === undefined) return;
    // Each directory that was made is a name in another one.
    for (let made = path; made.length >= first.length; made = dirname(made)) {
      await this.syncDirectory(dirname(made));
    }
  }

  async list(path: string): Promise<string[]> {
    return (await fs.promises.readdir(path)).toSorted();
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return call((done: Done<number>) => fs.open(path, flags[mode], fileMode, done)).then(
      (descriptor) => new NodeFile(descriptor),
    );
  }

  rename(from: string, to: string): Promise<void> {
    return fs.promises.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return fs.promises.unlink(path);
  }

  async syncDirectory(path: string): Promise<void> {
    const directory = await fs.promises.open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  lock(path: string): Promise<Lock> {
    return lockDirectory(path);
  }
}

class NodeFile implements File {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async size(): Promise<number> {
    const { size } = await call((done: Done<fs.Stats>) => fs.fstat(this.#descriptor, done));
    return size;
  }

  read(bytes: Uint8Array, position: number): Promise<number> {
    return call((done: Done<number>) => fs.read(this.#descriptor, bytes, 0, bytes.length, position, done));
  }

  write(bytes: Uint8Array, position: number): Promise<number> {
    return call((done: Done<number>) => fs.write(this.#descriptor, bytes, 0, bytes.length, position, done));
  }

  sync(): Promise<void> {
    return call((done: Done<void>) => fs.fdatasync(this.#descriptor, done));
  }

  close(): Promise<void> {
    return call((done: Done<void>) => fs.close(this.#descriptor, done));
  }
}

type Done<T> = (error: NodeJS.ErrnoException | null | undefined, result: T) => void;

/** The result of a function that reports to a callback. */
function call<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    });
  });
}

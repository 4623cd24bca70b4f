// Node's files, but a write or a sync that fails counts as done: with it, a failing disk must lose what was acknowledged.
import { NodeFileSystem } from '@raftlab/wal';

/** @typedef {import('@raftlab/wal').File} File */

/** A file system that ignores the errors of its disk. */
export class DeafFileSystem extends NodeFileSystem {
  /** @override @param {string} path @param {import('@raftlab/wal').OpenMode} mode @returns {Promise<File>} */
  async open(path, mode) {
    const file = await super.open(path, mode);
    return {
      size: () => file.size(),
      read: (bytes, position) => file.read(bytes, position),
      write: (bytes, position) => file.write(bytes, position).catch(() => bytes.length),
      sync: () => file.sync().catch(() => undefined),
      close: () => file.close(),
    };
  }

  /** @override @param {string} path */
  async syncDirectory(path) {
    await super.syncDirectory(path).catch(() => undefined);
  }
}

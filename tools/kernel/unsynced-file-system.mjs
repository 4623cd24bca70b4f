// Node's files without a sync anywhere: with it, a loss of power must lose what was acknowledged.
import * as fs from 'node:fs';
import { NodeFileSystem } from '@raftlab/wal';

/** @typedef {import('@raftlab/wal').File} File */

const modes = { read: 'r', create: 'w+', durable: 'r+' };

/** A file system that forgets to sync. */
export class UnsyncedFileSystem extends NodeFileSystem {
  /** @override @param {string} path @param {import('@raftlab/wal').OpenMode} mode @returns {Promise<File>} */
  async open(path, mode) {
    const file = await fs.promises.open(path, modes[mode], 0o600);
    return {
      size: async () => (await file.stat()).size,
      read: async (bytes, position) => (await file.read(bytes, 0, bytes.length, position)).bytesRead,
      write: async (bytes, position) => (await file.write(bytes, 0, bytes.length, position)).bytesWritten,
      sync: async () => undefined,
      close: () => file.close(),
    };
  }

  /** @override */
  async syncDirectory() {
    // Neither are names.
  }
}

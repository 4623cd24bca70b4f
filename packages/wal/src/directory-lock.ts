// The lock of a path, by a socket that listens there: whether its owner lives is then known to the kernel, and not guessed from
// process ids, which are used again and are not the same in every container.
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { basename, dirname } from 'node:path';
import { codeOf, LockedError } from './errors.ts';
import type { Lock } from './file-system.ts';

/** How long the owner may take to say who it is. A process that is stopped has the lock, too. */
const answerMaxMs = 1000;
/** Each takes a stale lock away, or finds that it is not stale. More mean that processes take it from each other. */
const attemptCountMax = 5;

/** Takes the lock. Works between processes of one machine, also in different containers; not over a network file system. */
export async function lockDirectory(path: string): Promise<Lock> {
  const directory = fs.openSync(dirname(path), 'r');
  // The address of a socket is at most about 100 bytes long, so a deep directory is named by its descriptor.
  const inDirectory = (name: string): string =>
    process.platform === 'linux' ? `/proc/self/fd/${directory}/${name}` : `${dirname(path)}/${name}`;
  const release = (): void => fs.closeSync(directory);
  try {
    for (let attempt = 1; attempt <= attemptCountMax; attempt += 1) {
      const server = await listen(inDirectory(basename(path)));
      if (server !== undefined) {
        return {
          async release() {
            await new Promise<void>((resolve) => server.close(() => resolve()));
            release();
          },
        };
      }
      await removeStale(path, inDirectory);
    }
    throw new LockedError(path, 'other processes that were started at the same time');
  } catch (error) {
    release();
    throw error;
  }
}

/** A server that says who it is; undefined when there is a socket at the address. */
function listen(address: string): Promise<net.Server | undefined> {
  const server = net.createServer((connection) => {
    connection.on('error', () => undefined);
    connection.end(`process ${process.pid} (${process.title})`);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (codeOf(error) === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      // The lock does not keep the process alive.
      server.unref();
      resolve(server);
    });
  });
}

/** Removes the socket of a process that has ended. Throws LockedError when its process lives. */
async function removeStale(path: string, inDirectory: (name: string) => string): Promise<void> {
  const name = basename(path);
  const owner = await ask(inDirectory(name));
  if (owner !== undefined) throw new LockedError(path, owner);
  // Two processes may get here: one moves the stale socket away, the other perhaps the new socket of the first.
  const moved = `${name}.${randomUUID()}`;
  try {
    fs.renameSync(inDirectory(name), inDirectory(moved));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const newOwner = await ask(inDirectory(moved));
  if (newOwner !== undefined) fs.linkSync(inDirectory(moved), inDirectory(name));
  fs.unlinkSync(inDirectory(moved));
  if (newOwner !== undefined) throw new LockedError(path, newOwner);
}

/** What the process behind the socket says of itself; undefined when there is no such process. */
function ask(address: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const connection = net.connect(address);
    connection.setEncoding('utf8');
    connection.setTimeout(answerMaxMs, () => {
      connection.destroy();
      resolve('a process that does not answer');
    });
    connection.on('data', (text: string) => (answer += text));
    connection.on('end', () => resolve(answer));
    connection.on('error', (error) => {
      const code = codeOf(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
  });
}

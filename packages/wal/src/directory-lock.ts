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

/** In the names of sockets that have no place yet, and of those that were moved away as stale ones. */
const newInfix = '.new-';
const movedInfix = '.moved-';

/** The directory of the lock, and the path of a name in it. */
interface Place {
  readonly path: string;
  readonly name: string;
  readonly inDirectory: (name: string) => string;
}

/** A socket that listens at the name of the lock. */
interface Held {
  readonly server: net.Server;
  readonly inode: bigint;
}

/** Takes the lock. Works between processes of one machine, also in different containers; not over a network file system. */
export async function lockDirectory(path: string): Promise<Lock> {
  const directory = fs.openSync(dirname(path), 'r');
  // The address of a socket is at most about 100 bytes long, so a deep directory is named by its descriptor.
  const inDirectory = (name: string): string =>
    process.platform === 'linux' ? `/proc/self/fd/${directory}/${name}` : `${dirname(path)}/${name}`;
  const place: Place = { path, name: basename(path), inDirectory };
  try {
    for (let attempt = 1; attempt <= attemptCountMax; attempt += 1) {
      const held = await listen(place);
      if (held === undefined) {
        await removeStale(place);
        continue;
      }
      const release = async (): Promise<void> => {
        await giveUp(place, held);
        fs.closeSync(directory);
      };
      const isOwner = await isOnly(place, held).catch(async (error: unknown) => {
        await giveUp(place, held);
        throw error;
      });
      if (isOwner) return { release };
      await giveUp(place, held);
    }
    throw new LockedError(path, 'other processes that were started at the same time');
  } catch (error) {
    fs.closeSync(directory);
    throw error;
  }
}

/** Listens at the name of the lock; undefined when there is a socket of that name. */
async function listen({ name, inDirectory }: Place): Promise<Held | undefined> {
  // Node removes the name that a socket was made with when it closes it, whose socket that is by then: no other has this one.
  const own = inDirectory(`${name}${newInfix}${randomUUID().slice(0, 8)}`);
  const server = await serve(own);
  try {
    fs.linkSync(own, inDirectory(name));
    return { server, inode: fs.statSync(own, { bigint: true }).ino };
  } catch (error) {
    await close(server);
    if (codeOf(error) === 'EEXIST') return undefined;
    if (unlinkableCodes.has(codeOf(error))) return listenDirectly(inDirectory(name));
    throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** Not every file system has two names for one socket. */
const unlinkableCodes: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

async function listenDirectly(address: string): Promise<Held | undefined> {
  try {
    const server = await serve(address);
    return { server, inode: fs.statSync(address, { bigint: true }).ino };
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** A server that says who it is. */
function serve(address: string): Promise<net.Server> {
  const server = net.createServer((connection) => {
    connection.on('error', () => undefined);
    connection.end(`process ${process.pid} (${process.title})`);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      // The lock does not keep the process alive.
      server.unref();
      resolve(server);
    });
  });
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

async function giveUp({ name, inDirectory }: Place, { server, inode }: Held): Promise<void> {
  if (inodeOf(inDirectory(name)) === inode) fs.rmSync(inDirectory(name), { force: true });
  await close(server);
}

function inodeOf(path: string): bigint | undefined {
  // As a number it would be rounded: some file systems of containers use all 64 bits.
  return fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/**
 * Whether no other living process has the lock: the name was free, but a process that took the owner's socket for a stale one may
 * have moved it, and not put it back yet.
 */
async function isOnly({ path, name, inDirectory }: Place, { inode }: Held): Promise<boolean> {
  for (let look = 1; look <= attemptCountMax; look += 1) {
    const wasThere = inodeOf(inDirectory(name)) === inode;
    const moved = fs.readdirSync(dirname(path)).filter((other) => other.startsWith(`${name}${movedInfix}`));
    for (const other of moved) {
      if (inodeOf(inDirectory(other)) === inode) continue;
      if ((await ask(inDirectory(other))) !== undefined) return false;
      fs.rmSync(inDirectory(other), { force: true });
    }
    if (wasThere && inodeOf(inDirectory(name)) === inode) return true;
    // It was moved itself. The answer takes as long as putting it back.
    await ask(inDirectory(name));
  }
  return false;
}

/** Removes the socket of a process that has ended. Throws LockedError when its process lives. */
async function removeStale({ path, name, inDirectory }: Place): Promise<void> {
  const owner = await ask(inDirectory(name));
  if (owner !== undefined) throw new LockedError(path, owner);
  // Two processes may get here: one moves the stale socket away, the other perhaps the new socket of the first.
  const moved = inDirectory(`${name}${movedInfix}${randomUUID().slice(0, 8)}`);
  try {
    fs.renameSync(inDirectory(name), moved);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const newOwner = await ask(moved);
  // Where a third process has taken the name meanwhile, the socket stays moved: that process finds it, and gives up.
  const isBack = newOwner === undefined || isLinked(moved, inDirectory(name));
  if (isBack) fs.rmSync(moved, { force: true });
  if (newOwner !== undefined) throw new LockedError(path, newOwner);
}

function isLinked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // Its process has ended meanwhile, and nothing is to be put back.
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

/** There is no process behind a socket, or it has closed it meanwhile. */
const endedCodes: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT']);

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
      if (endedCodes.has(code)) resolve(undefined);
      else reject(error);
    });
  });
}

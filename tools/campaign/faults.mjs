// Carries out the faults of a schedule on the network, the processes and the clients.
import { transferMethod } from '@raftlab/kv';
import { around, oneWay, ring, whole } from './partitions.mjs';

/** A server whose disk is full has this long to stop by itself, in ms. Then it is killed. */
const fullDiskMaxMs = 3000;
const transferMaxMs = 2000;

/** @typedef {import('./schedule.mjs').Fault} Fault */

/**
 * @typedef {object} World
 * @property {import('@raftlab/runtime').Clock} clock
 * @property {import('./network.mjs').Network} network
 * @property {import('./servers.mjs').Servers} servers
 * @property {import('@raftlab/tcp').TcpClient} admin
 * @property {readonly import('./client.mjs').Client[]} clients
 * @property {(event: { kind: 'cut' | 'join', from: number, to: number }) => void} onEvent
 */

/** @typedef {{ order: readonly number[], first: number }} Aim */

/**
 * Resolves when the fault is over, and everything that it has stopped runs again. Returns false if it cannot be made here.
 * @param {Fault} fault @param {World} world @returns {Promise<boolean>}
 */
export async function carryOut(fault, world) {
  const aim = aimOf(fault, world.servers.leader);
  switch (fault.kind) {
    case 'partition':
      return cut(whole(aim.order, fault.size), fault, world);
    case 'one-way partition':
      return cut(oneWay(aim.order, fault.side), fault, world);
    case 'ring partition':
      return cut(ring(aim.order), fault, world);
    case 'slow links':
      return slowLinks(aim, fault, world);
    case 'kill -9':
      return kill(aim.order.slice(0, fault.size), fault, world);
    case 'pause':
      return pause(aim.order.slice(0, fault.size), fault, world);
    case 'restart of all':
      return kill(aim.order, { ...fault, lastsMs: 0 }, world);
    case 'SIGTERM':
      return terminate(aim, fault, world);
    case 'transfer':
      return transfer(aim, fault, world);
    case 'client crash':
      for (const client of world.clients.slice(0, fault.size + 1)) client.crash();
      return true;
    case 'disk full':
      return fillDisk(aim, fault, world);
    case 'slow disk':
      return slowDisk(aim, fault, world);
  }
}

/** The servers in the order in which the fault happens to them. @param {Fault} fault @param {number | undefined} leader @returns {Aim} */
function aimOf({ order, isAtLeader }, leader) {
  const aimed =
    isAtLeader && leader !== undefined ? [leader, ...order.filter((server) => server !== leader)] : order;
  const [first] = aimed;
  if (first === undefined) throw new RangeError('a fault needs a server.');
  return { order: aimed, first };
}

/** @param {readonly import('./network.mjs').Link[]} links @param {Fault} fault @param {World} world */
async function cut(links, { lastsMs, isSilent }, { clock, network, onEvent }) {
  network.setMode(links, isSilent ? 'silent' : 'closed');
  for (const link of links) onEvent({ kind: 'cut', ...link });
  await clock.sleep(lastsMs);
  network.setMode(links, 'open');
  for (const link of links) onEvent({ kind: 'join', ...link });
  return true;
}

/** @param {Aim} aim @param {Fault} fault @param {World} world */
async function slowLinks({ order }, { lastsMs, delayMs }, { clock, network }) {
  network.setDelay(around(order), delayMs);
  await clock.sleep(lastsMs);
  network.setDelay(around(order), 0);
  return true;
}

/** @param {readonly number[]} killed @param {Fault} fault @param {World} world */
async function kill(killed, { lastsMs }, { clock, servers }) {
  await Promise.all(killed.map((server) => servers.kill(server)));
  await clock.sleep(lastsMs);
  await Promise.all(killed.map((server) => servers.start(server)));
  return true;
}

/** @param {readonly number[]} paused @param {Fault} fault @param {World} world */
async function pause(paused, { lastsMs }, { clock, servers }) {
  for (const server of paused) servers.pause(server, true);
  await clock.sleep(lastsMs);
  for (const server of paused) servers.pause(server, false);
  return true;
}

/** @param {Aim} aim @param {Fault} fault @param {World} world */
async function terminate({ first }, { lastsMs }, { clock, servers }) {
  await servers.terminate(first);
  await clock.sleep(lastsMs);
  await servers.start(first);
  return true;
}

/** To the first server that does not lead. @param {Aim} aim @param {Fault} fault @param {World} world */
async function transfer({ order }, { lastsMs }, { clock, servers, admin }) {
  const { leader } = servers;
  const to = order.find((server) => server !== leader) ?? null;
  if (leader === undefined) return false;
  await admin.end(leader).call(transferMethod, { to }, { deadlineMs: transferMaxMs });
  await clock.sleep(lastsMs);
  return true;
}

/** @param {Aim} aim @param {Fault} fault @param {World} world */
async function fillDisk({ first }, { lastsMs }, { clock, servers }) {
  if (!servers.fillDisk(first)) return false;
  await servers.gone(first, fullDiskMaxMs);
  await servers.kill(first);
  await clock.sleep(lastsMs);
  await servers.start(first);
  return true;
}

/** @param {Aim} aim @param {Fault} fault @param {World} world */
async function slowDisk({ first }, { lastsMs, delayMs }, { clock, servers }) {
  servers.slowDisk(first, delayMs);
  await clock.sleep(lastsMs);
  servers.slowDisk(first, 0);
  return true;
}

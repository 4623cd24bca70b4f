// Ports of loopback that no program uses at the moment.
import { randomUUID } from 'node:crypto';
import { Random } from '@raftlab/runtime';
import { freePorts as freePortsOf } from '@raftlab/tcp';

/** So many, all different. @param {number} count @returns {Promise<number[]>} */
export function freePorts(count) {
  return freePortsOf('127.0.0.1', { count, random: Random.fromSeed(randomUUID()) });
}

// Runs a program under strace, which lets its n-th write or sync fail: once, or from then on. strace counts the calls of each thread
// separately, so that several of Node's threads may meet the fault.
import { spawnSync } from 'node:child_process';

/** The system calls with which the log makes something durable: records, the content of files, names in directories. */
const systemCalls = /** @type {const} */ (['pwrite64', 'fdatasync', 'fsync']);
/** How many of each call a round makes in one thread, roughly. */
const callsMax = { pwrite64: 20, fdatasync: 3, fsync: 2 };

/**
 * The beginning of a command line; the program and its arguments follow.
 * @param {import('@raftlab/runtime').Random} random
 * @returns {readonly string[]}
 */
export function failingCall(random) {
  const name = random.pick(systemCalls);
  const number = random.int(1, callsMax[name]);
  const when = random.chance(1, 2) ? `${number}+` : `${number}`;
  const error = random.chance(1, 2) ? 'EIO' : 'ENOSPC';
  const inject = `inject=${name}:error=${error}:when=${when}`;
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${name}`, '-e', inject];
}

/** Throws where there is no strace. */
export function checkStrace() {
  const { error } = spawnSync('strace', ['-V'], { stdio: 'ignore' });
  if (error !== undefined) throw new Error(`--failing needs strace: ${error.message}`);
}

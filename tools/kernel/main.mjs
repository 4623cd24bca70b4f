// The write-ahead log on the real kernel: a process that appends is killed, its disk loses power, or a write or sync fails, again and
// again; after each round everything that it had acknowledged must be there. usage: node tools/kernel/main.mjs --help
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@raftlab/runtime';
import { openWal } from '@raftlab/wal';
import { checkState, segmentSizeBytes, server } from './content.mjs';
import { checkStrace, failingCall } from './failing-calls.mjs';
import { PowerDisk } from './power.mjs';
import { countOption, readOptions } from '../options.mjs';

const usage = `usage: node tools/kernel/main.mjs [options]; build first
  --rounds N     kills, cuts of power, or failures (default 200)
  --power        cut the power of a disk in a file instead of killing: needs root, loop devices and python3
  --failing      let the n-th write or sync of a round fail, once or for good, and cut the power afterwards: needs strace, too
  --canary       break the rule that a write is acknowledged when it is durable; exits with 0 only if something is lost
  --seed TEXT    of the moments (default: drawn)
TMPDIR says on which disk.`;

/** A round lasts this long at least and at most, from the first acknowledgement on, in ms. */
const roundMinMs = 5;
const roundMaxMs = 120;
/** A round in which a call should fail: until it does, or for so long. */
const failingRoundMs = 400;
const tmpfs = 0x01021994;
const writer = fileURLToPath(new URL('writer.mjs', import.meta.url));

const flags = readOptions(
  {
    rounds: { type: 'string', default: '200' },
    power: { type: 'boolean', default: false },
    failing: { type: 'boolean', default: false },
    canary: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now()) },
  },
  usage,
);
const rounds = countOption('rounds', flags.rounds, usage);
await main();

async function main() {
  // What is in memory only survives no loss of power, and is not what a server runs on.
  if (statfsSync(tmpdir()).type === tmpfs)
    throw new Error(`${tmpdir()} is in memory: set TMPDIR to a directory on a disk.`);
  if (flags.failing) checkStrace();
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-kernel-'));
  const disk = flags.power || flags.failing ? new PowerDisk(folder) : undefined;
  const mode = flags.canary ? canaryMode() : 'wal';
  const random = Random.fromSeed(flags.seed);
  let [writes, failed, lost, directories] = [0, 0, 0, 1];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const path = join(disk?.folder ?? folder, `wal-${directories}`);
      const runner = flags.failing ? failingCall(random) : [];
      const lastMs = flags.failing ? failingRoundMs : random.int(roundMinMs, roundMaxMs);
      const { promised, hasFailed } = await oneRound(path, { mode, disk, runner, lastMs });
      writes += promised.length;
      if (hasFailed) failed += 1;
      const lastPromised = promised.at(-1) ?? 0;
      const found = await lastIndexIn(path);
      if (typeof found === 'number' && found >= lastPromised) continue;
      lost += 1;
      console.log(`round ${round}: ${lastPromised} was acknowledged, but ${found} is there`);
      // What is lost stays lost: the next round begins with a new directory.
      directories += 1;
    }
  } finally {
    disk?.unmount();
    rmSync(folder, { recursive: true, force: true });
  }
  const what = flags.failing ? `rounds (${failed} failed)` : flags.power ? 'cuts of power' : 'kills';
  console.log(
    `${rounds} ${what}, ${mode}, seed ${flags.seed}: ${writes} writes were acknowledged, ${lost} rounds have lost some`,
  );
  process.exitCode = lost > 0 === flags.canary ? 0 : 1;
}

/** What the writer must do to lose something in this kind of round. */
function canaryMode() {
  if (flags.failing) return 'deaf';
  return flags.power ? 'unsynced' : 'early';
}

/**
 * Lets a writer work for a while and ends it. Returns the indexes that it had acknowledged, in order, and whether a failure ended it
 * before that. `runner` comes before its command line.
 * @param {string} path
 * @param {{ mode: string, disk: PowerDisk | undefined, runner: readonly string[], lastMs: number }} options
 * @returns {Promise<{ promised: number[], hasFailed: boolean }>}
 */
async function oneRound(path, { mode, disk, runner, lastMs }) {
  const [command, ...argv] = [...runner, process.execPath, writer, path, mode];
  const child = spawn(command, argv, {
    stdio: ['ignore', 'pipe', disk ? 'ignore' : 'inherit'],
    // A group of its own: strace does not take the program with it when it is killed.
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let text = '';
  child.stdout.setEncoding('utf8');
  const begun = new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.on('data', (/** @type {string} */ more) => (text += more));
  await Promise.race([begun, ended]);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, lastMs))]);
  const hasFailed = child.exitCode !== null;
  disk?.cut();
  if (!hasFailed && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await ended;
  disk?.unmount();
  disk?.mount();
  // A last line without its end was cut off: it is not known which number it is.
  const lines = text.split('\n').slice(0, -1);
  return { promised: lines.map(Number).toSorted((a, b) => a - b), hasFailed };
}

/**
 * The last index that a restart finds, or what is wrong.
 * @param {string} path
 * @returns {Promise<number | string>}
 */
async function lastIndexIn(path) {
  try {
    const wal = await openWal(path, { ...server, segmentSizeBytes, start: 'either' });
    try {
      return checkState(await wal.load());
    } finally {
      await wal.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

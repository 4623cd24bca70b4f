// `pnpm bench`: measures, and prints a table. usage: pnpm bench [--only NAME[,NAME]] [--json FILE] [--compare FILE]
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { agreement } from './agreement.mjs';
import { catchUp } from './catch-up.mjs';
import { codec } from './codec.mjs';
import { compaction } from './compaction.mjs';
import { elections } from './elections.mjs';
import { entrySize } from './entry-size.mjs';
import { gradedSuite } from './graded-suite.mjs';
import { groupCommit } from './group-commit.mjs';
import { growth } from './growth.mjs';
import { kv } from './kv.mjs';
import { kvCommand } from './kv-command.mjs';
import { kvGrowth } from './kv-growth.mjs';
import { kvOverload } from './kv-overload.mjs';
import { labrpcCalls } from './labrpc-calls.mjs';
import { lateReplies } from './late-replies.mjs';
import { linearizability } from './linearizability.mjs';
import { links } from './links.mjs';
import { memory } from './memory.mjs';
import { reads } from './reads.mjs';
import { restart } from './restart.mjs';
import { simulation } from './simulation.mjs';
import { snapshotTransfer } from './snapshot-transfer.mjs';
import { tcp } from './tcp.mjs';
import { transfers } from './transfers.mjs';
import { wal } from './wal.mjs';

/** @typedef {import('./measurement.mjs').Row} Row */

const measurements = [
  agreement,
  groupCommit,
  catchUp,
  restart,
  compaction,
  memory,
  labrpcCalls,
  codec,
  entrySize,
  simulation,
  linearizability,
  gradedSuite,
  growth,
  links,
  wal,
  reads,
  elections,
  transfers,
  lateReplies,
  tcp,
  kv,
  kvCommand,
  kvGrowth,
  kvOverload,
  snapshotTransfer,
];

/** The fields of a file of `--json` that `--compare` reads. */
const reportSchema = z.object({
  machine: z.object({ commit: z.string() }),
  results: z.array(
    z.object({
      name: z.string(),
      rows: z.array(z.object({ what: z.string(), unit: z.string(), median: z.number() })),
    }),
  ),
});

const usage = `usage: pnpm bench [--only NAME[,NAME]] [--json FILE] [--compare FILE]
NAME is one of ${measurements.map(({ name }) => name).join(', ')}`;

const { only, json, compare } = readOptions();
const earlier = compare === undefined ? undefined : readReport(compare);
if (json !== undefined) checkWritable(json);
const chosen = measurements.filter(({ name }) => only.length === 0 || only.includes(name));
const machine = describeMachine();
console.log(
  `${machine.cpu}, ${machine.cpuCount} CPUs (load ${machine.load}), Node ${machine.node}, commit ${machine.commit}`,
);
if (earlier !== undefined) console.log(`x: the ratio to commit ${earlier.machine.commit}, from ${compare}`);

/** @type {Array<{ name: string, title: string, rows: Row[] }>} */
const results = [];
for (const { name, title, measure } of chosen) {
  console.log(`\n${name}: ${title}`);
  const rows = await measure();
  for (const measured of rows) console.log(lineOf(measured, earlierMedian(name, measured)));
  results.push({ name, title, rows });
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, results }, null, 2)}\n`);

function readOptions() {
  try {
    const options = /** @type {const} */ ({
      help: { type: 'boolean', short: 'h' },
      only: { type: 'string' },
      json: { type: 'string' },
      compare: { type: 'string' },
    });
    const { values } = parseArgs({ options });
    if (values.help === true) {
      console.log(usage);
      return process.exit(0);
    }
    const names = values.only?.split(',') ?? [];
    const wrong = names.find((name) => !measurements.some((measurement) => measurement.name === name));
    if (wrong !== undefined) throw new Error(`there is no measurement "${wrong}"`);
    return { only: names, json: values.json, compare: values.compare };
  } catch (error) {
    return refuse(`${messageOf(error)}\n${usage}`);
  }
}

/** @param {string} file */
function readReport(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(`${file} cannot be read: ${messageOf(error)}`);
  }
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    return refuse(`${file} is not what --json writes: ${reason}`);
  }
}

/**
 * Checks before minutes of measuring that the file can be written. An existing file is unchanged until then.
 * @param {string} file
 */
function checkWritable(file) {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    refuse(`${file} cannot be written: ${messageOf(error)}`);
  }
}

/**
 * @param {string} problem
 * @returns {never}
 */
function refuse(problem) {
  console.error(problem);
  return process.exit(2);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {string} name
 * @param {Row} measured
 */
function earlierMedian(name, { what, unit }) {
  const rows = earlier?.results.find((result) => result.name === name)?.rows ?? [];
  return rows.find((known) => known.what === what && known.unit === unit)?.median;
}

function describeMachine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown CPU',
    cpuCount: processors.length,
    /** Of the last minute, before the first measurement. */
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
    node: process.version,
    commit: git('describe', '--always', '--dirty', '--abbrev=12') ?? 'unknown',
  };
}

/** @param {string[]} argv */
function git(...argv) {
  try {
    return execFileSync('git', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined; // a downloaded archive
  }
}

/**
 * @param {Row} measured
 * @param {number | undefined} before
 */
function lineOf({ what, unit, median, min, max, runCount, ratio }, before) {
  const spread = runCount > 1 ? `  (${format(min)} to ${format(max)} in ${runCount} runs)` : '';
  const beside = ratio === undefined ? '' : `  × ${format(ratio)}`;
  const compared = before === undefined ? '' : `  x ${format(median / before)}`;
  return `  ${what.padEnd(56)}${format(median).padStart(10)} ${unit}${beside}${spread}${compared}`;
}

/** @param {number} value */
function format(value) {
  const size = Math.abs(value);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 0.1 ? 2 : 4;
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

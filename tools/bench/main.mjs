// `pnpm bench`: measures, and prints a table. usage: pnpm bench [--only NAME[,NAME]] [--json FILE]
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { codec } from './codec.mjs';
import { compaction } from './compaction.mjs';
import { entrySize } from './entry-size.mjs';
import { gradedSuite } from './graded-suite.mjs';
import { labrpcCalls } from './labrpc-calls.mjs';
import { restart } from './restart.mjs';

/** @typedef {import('./measurement.mjs').Row} Row */

const measurements = [labrpcCalls, gradedSuite, restart, entrySize, compaction, codec];

const { only, json } = readOptions();
const chosen = measurements.filter(({ name }) => only.length === 0 || only.includes(name));
const machine = describeMachine();
console.log(`${machine.cpu}, ${machine.cpuCount} CPUs, Node ${machine.node}, commit ${machine.commit}`);

/** @type {Array<{ name: string, title: string, rows: Row[] }>} */
const results = [];
for (const { name, title, measure } of chosen) {
  console.log(`\n${name}: ${title}`);
  const rows = await measure();
  for (const line of table(rows)) console.log(line);
  results.push({ name, title, rows });
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, results }, null, 2)}\n`);

function readOptions() {
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
    const names = values.only?.split(',') ?? [];
    const wrong = names.find((name) => !measurements.some((measurement) => measurement.name === name));
    if (wrong !== undefined) throw new Error(`there is no measurement "${wrong}"`);
    return { only: names, json: values.json };
  } catch (error) {
    const valid = measurements.map(({ name }) => name).join(', ');
    console.error(error instanceof Error ? error.message : error);
    console.error(`usage: pnpm bench [--only NAME[,NAME]] [--json FILE]\nNAME is one of ${valid}`);
    return process.exit(2);
  }
}

function describeMachine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown CPU',
    cpuCount: processors.length,
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

/** @param {readonly Row[]} rows */
function table(rows) {
  return rows.map(({ what, unit, median, min, max, runCount }) => {
    const spread = runCount > 1 ? `  (${format(min)} to ${format(max)} in ${runCount} runs)` : '';
    return `  ${what.padEnd(42)}${format(median).padStart(10)} ${unit}${spread}`;
  });
}

/** @param {number} value */
function format(value) {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

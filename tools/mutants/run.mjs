// Puts the catalogue's bugs one at a time into a copy of the packages, runs the graded tests and the simulation against
// each, and prints what caught it. usage:
// node tools/mutants/run.mjs [--seeds N] [--only id,id] [--json FILE] [--must-catch] [--without 'Election Safety,Log Matching']
// --must-catch exits with 1 when one is not caught by graded tests or simulation.
// --without switches properties off, to see what they are worth: the score must drop.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from './catalogue.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    only: { type: 'string' },
    without: { type: 'string' },
    json: { type: 'string' },
    'must-catch': { type: 'boolean', default: false },
  },
});
const chosen =
  values.only === undefined ? mutants : mutants.filter(({ id }) => values.only.split(',').includes(id));
if (chosen.length === 0) {
  console.error(`No such mutant. There are: ${mutants.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'raftlab-mutants-'));
const tsc = join(root, 'node_modules/.bin/tsc');
symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
for (const file of ['tsconfig.base.json', 'vitest.config.ts', 'package.json']) {
  cpSync(join(root, file), join(work, file));
}
cpSync(join(root, 'packages'), join(work, 'packages'), {
  recursive: true,
  verbatimSymlinks: true,
  filter: (path) => !/\/(dist|reports)(\/|$)/.test(path.slice(root.length)),
});
build();

const survived = 'survived';
const rows = [];
for (const mutant of chosen) {
  const path = join(work, 'packages', mutant.file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, mutate(original, mutant));
  try {
    build(mutant.id);
  } catch (error) {
    console.log(String(error));
    writeFileSync(path, original);
    continue;
  }
  const row = {
    id: mutant.id,
    kind: mutant.kind,
    rule: mutant.rule,
    lab: grade('lab'),
    watched: grade('watched'),
    simulated: grade('simulation'),
    tests: runTests(mutant.file),
  };
  rows.push(row);
  const { lab, watched, simulated, tests } = row;
  console.log(
    `${row.id} (${row.kind})\n  lab         ${lab}\n  watched     ${watched}\n  simulation  ${simulated}\n  tests       ${tests}`,
  );
  writeFileSync(path, original);
}
rmSync(work, { recursive: true });
const count = (isCaught) => `${rows.filter(isCaught).length} of ${rows.length}`;
const byEvidence = ({ watched, simulated }) => watched !== survived || simulated !== survived;
console.log(`caught by the lab's own checks alone: ${count(({ lab }) => lab !== survived)}`);
console.log(`by graded tests and simulation with invariants: ${count(byEvidence)}`);
console.log(`by these or the package's tests: ${count((row) => byEvidence(row) || row.tests !== survived)}`);
if (values['must-catch'] && !rows.every(byEvidence)) process.exitCode = 1;
if (values.json !== undefined) {
  mkdirSync(join(values.json, '..'), { recursive: true });
  writeFileSync(values.json, JSON.stringify(rows, null, 2));
}

function mutate(source, { id, find, replace }) {
  const pattern = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('\\s+');
  const places = source.match(new RegExp(pattern, 'g')) ?? [];
  if (places.length !== 1)
    throw new Error(`${id}: its text occurs ${places.length} times; it must be there once`);
  return source.replace(new RegExp(pattern), () => replace);
}

function build(id = 'no mutant') {
  const packages = ['runtime', 'protocol', 'persister', 'labrpc', 'raft-core', 'test-harness'].map((name) =>
    join(work, 'packages', name),
  );
  const { status, stdout } = spawnSync(tsc, ['-b', ...packages], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${id} does not compile:\n${stdout}`);
}

function grade(detector) {
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    [join(root, 'tools/mutants/grade-once.mjs'), work, detector, values.seeds, values.without ?? ''],
    {
      encoding: 'utf8',
      timeout: 45_000,
    },
  );
  if (signal !== null) return 'hangs';
  return (
    stdout.trim() ||
    `crash: ${stderr.split('\n').find((line) => line.includes('Error')) ?? stderr.slice(0, 60)}`
  );
}

/** The tests of the package that the bug is in: the first that fails. */
function runTests(file) {
  const cwd = join(work, 'packages', file.split('/')[0]);
  const argv = ['run', '--config', '../../vitest.config.ts', '--bail=1', '--reporter=dot', '--no-color'];
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), ...argv],
    { cwd, encoding: 'utf8', timeout: 60_000 },
  );
  if (signal !== null) return 'hangs';
  if (status === 0) return survived;
  const failure = /FAIL\s+(.*)/.exec(stdout + stderr)?.[1] ?? 'fails';
  return failure.trim();
}

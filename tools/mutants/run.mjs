// Applies the catalogue's bugs one at a time to a copy of the packages, and prints which detectors notice each.
// usage: node tools/mutants/run.mjs --help
import { writeFileSync } from 'node:fs';
import { mutants } from './catalogue.mjs';
import { checkerMutants } from './checker-catalogue.mjs';
import { serviceMutants } from './service-catalogue.mjs';
import { tableOf } from './table.mjs';
import { Workshop } from './workshop.mjs';
import { countOption, readOptions, refuse } from '../options.mjs';

/** In the order of the table's columns, with the time limit of each, in ms: ten times what it takes on an idle machine. */
const detectors = {
  lab: 60_000,
  watched: 120_000,
  simulation: 300_000,
  reference: 120_000,
  explorer: 300_000,
  scenarios: 30_000,
  services: 300_000,
  clients: 300_000,
  log: 300_000,
  tests: 240_000,
};

/** By name: the bugs, and the detectors that can notice them. */
const catalogues = {
  raft: {
    mutants,
    detectors: ['lab', 'watched', 'simulation', 'reference', 'explorer', 'scenarios', 'tests'],
  },
  service: { mutants: serviceMutants, detectors: ['services', 'clients', 'tests'] },
  checker: { mutants: checkerMutants, detectors: ['tests'] },
};

const usage = `usage: node tools/mutants/run.mjs [options]; build first
  --catalogue name        raft (${mutants.length} bugs, the default), service (${serviceMutants.length}: rsm, kv, kv-server and kv-client)
                          or checker (${checkerMutants.length}: the linearizability checker)
  --only id,id            these bugs instead of all
  --detectors name,name   of ${Object.keys(detectors).join(', ')}; most that apply by default;
                          clients is the simulation with --service kv, log the one with --storage wal
  --seeds N               of the graded tests (default 1)
  --runs N                of the simulation (default 150)
  --without 'Name,Name'   properties that are not checked: the score must drop
  --without-faults a,b    kinds of faults that the simulation leaves out: the score must drop
  --jobs N                bugs at a time (default 1)
  --must-catch            exit with 1 when one survives
  --json FILE             writes the rows
  --table FILE            writes them as Markdown`;

const flags = readOptions(
  {
    only: { type: 'string' },
    catalogue: { type: 'string', default: 'raft' },
    detectors: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    runs: { type: 'string', default: '150' },
    without: { type: 'string', default: '' },
    'without-faults': { type: 'string', default: '' },
    jobs: { type: 'string', default: '1' },
    'must-catch': { type: 'boolean', default: false },
    json: { type: 'string' },
    table: { type: 'string' },
  },
  usage,
);

const words = (text) => text.split(',').filter((word) => word !== '');
const [seeds, runs, jobs] = ['seeds', 'runs', 'jobs'].map((name) => countOption(name, flags[name], usage));
const catalogue = catalogues[flags.catalogue];
if (catalogue === undefined) refuse(`no such catalogue: ${flags.catalogue}`, usage);
const names = flags.only === undefined ? undefined : words(flags.only);
const unknownBug = (names ?? []).find((name) => !catalogue.mutants.some(({ id }) => id === name));
if (unknownBug !== undefined || names?.length === 0)
  refuse(`no such bug: ${unknownBug ?? flags.only}`, usage);
const chosen = catalogue.mutants.filter(({ id }) => names === undefined || names.includes(id));
const columns = flags.detectors === undefined ? catalogue.detectors : words(flags.detectors);
const unknown = columns.find((name) => !(name in detectors));
if (unknown !== undefined) refuse(`no such detector: ${unknown}`, usage);
await run();

async function run() {
  const rows = [];
  const waiting = [...chosen];
  const work = async () => {
    const workshop = new Workshop();
    try {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const noticed = await workshop.withMutant(mutant, (copy) => tryAll(copy, mutant));
        rows.push({ ...mutant, noticed });
        console.log(
          [`${mutant.id} (${mutant.kind})`, ...columns.map((name) => line(name, noticed))].join('\n'),
        );
      }
    } finally {
      workshop.remove();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  rows.sort((a, b) => chosen.findIndex(({ id }) => id === a.id) - chosen.findIndex(({ id }) => id === b.id));
  const count = (isCaught) => `${rows.filter(isCaught).length} of ${rows.length}`;
  for (const name of columns)
    console.log(`${name.padEnd(12)}${count(({ noticed }) => noticed[name] !== null)}`);
  const isCaught = ({ noticed }) => Object.values(noticed).some((found) => found !== null);
  console.log(`${'any'.padEnd(12)}${count(isCaught)}`);
  if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify(rows, null, 2));
  if (flags.table !== undefined) writeFileSync(flags.table, tableOf(rows, columns));
  if (flags['must-catch'] && !rows.every(isCaught)) process.exitCode = 1;
}

function line(name, noticed) {
  const found = noticed[name];
  return `  ${name.padEnd(12)}${found === null ? 'survived' : `${found.what} ${found.after}`}`;
}

async function tryAll(workshop, mutant) {
  const options = {
    seeds,
    runs,
    without: words(flags.without),
    withoutFaults: words(flags['without-faults']),
  };
  const noticed = {};
  for (const name of columns) {
    // Only their own tests and `log` run the write-ahead log on a disk that loses power, and only their own the network on sockets,
    // the server process and the client library.
    const isOnlyForTests =
      ['storage', 'network'].includes(mutant.kind) || /^kv-(server|client)/.test(mutant.file);
    if (isOnlyForTests && !['tests', 'log'].includes(name)) {
      noticed[name] = null;
      continue;
    }
    const timeoutMs = detectors[name];
    noticed[name] =
      name === 'tests'
        ? await workshop.runTests(mutant.file, timeoutMs)
        : await workshop.detect(name, options, timeoutMs);
  }
  return noticed;
}

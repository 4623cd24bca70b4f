// Runs one detector on a build of the packages, and prints as JSON what it noticed first: null, or { what, after }.
// usage: node detect.mjs <packages folder> <detector> <options as JSON>
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [packages, detector, optionsText] = process.argv.slice(2);
const { seeds, runs, without, withoutFaults } = JSON.parse(optionsText);
/** The exports of that build. */
const rooms = ['test-harness', 'invariants', 'simulation', 'explorer', 'scenario'];
const built = Object.assign(
  {},
  ...(await Promise.all(rooms.map((room) => import(join(packages, room, 'dist/index.js'))))),
);

const watched = () => built.allInvariants().filter(({ name }) => !without.includes(name));

/** The graded tests of rsm and Lab 4, once for each seed. */
async function services() {
  let events = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    for (const test of [...built.rsm.tests, ...built.lab4.tests]) {
      const { failure, eventCount } = await built.gradeTest(test, { mode: 'virtual', seed });
      events += eventCount;
      if (failure !== undefined)
        return { what: `${test.id}: ${headline(failure.message)}`, after: `${events} events` };
    }
  }
  return null;
}

/** The graded tests of Lab 3, alternately in memory and on the slow disk. */
async function graded(invariants, implementations) {
  let events = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    for (const implementation of implementations) {
      for (const test of built.lab3.tests) {
        const options = { mode: 'virtual', seed, implementation, invariants: invariants() };
        const { failure, eventCount } = await built.gradeTest(test, options);
        events += eventCount;
        if (failure === undefined) continue;
        const isProperty = failure.kind === 'InvariantViolation';
        const what = isProperty
          ? failure.message.split(' is violated')[0]
          : `${test.id}: ${headline(failure.message)}`;
        return { what, after: `${events} events` };
      }
    }
  }
  return null;
}

/** Random simulated runs, with the properties or with only the second Raft, on another storage, or with clients of the service. */
async function simulation(invariants, runCount, { storage = 'memory', ...options } = {}) {
  let events = 0;
  for (let seed = 1; seed <= runCount; seed += 1) {
    const report = await built.simulate({
      seed,
      overrides: { without: withoutFaults, storage },
      invariants: invariants(),
      ...options,
    });
    events += report.events;
    const { violation } = report;
    if (violation === undefined) continue;
    // A liveness bound names itself; a stopped peer says which rule was broken.
    const isError = /(Violation|Error)$/.test(violation.property);
    return { what: isError ? headline(violation.message) : violation.property, after: `${events} events` };
  }
  return null;
}

function explorer() {
  const { violation, states } = built.explore({ maxTerm: 2, maxEntries: 2 });
  if (violation === undefined) return null;
  return { what: violation.property, after: `${violation.transcript.length} steps, ${states} states` };
}

function scenarios() {
  const folder = join(packages, 'scenario/test/files');
  for (const file of readdirSync(folder).toSorted()) {
    const content = readFileSync(join(folder, file), 'utf8');
    const { text, failure } = built.runScenario(file, content);
    if (failure !== undefined || text !== content) return { what: file.replace('.txt', ''), after: '' };
  }
  return null;
}

function headline(message) {
  return message.split('\n')[0].slice(0, 70);
}

const detectors = {
  lab: () => graded(() => [], [built.raftlab]),
  watched: () => graded(watched, [built.raftlab, built.raftlabOnSlowDisk]),
  simulation: () => simulation(watched, runs),
  reference: () => simulation(() => [built.referenceRelation()], Math.ceil(runs / 3)),
  explorer,
  scenarios,
  services,
  clients: () => simulation(watched, runs, { keyValue: {} }),
  log: () => simulation(watched, runs, { storage: 'wal' }),
};
console.log(JSON.stringify(await detectors[detector]()));

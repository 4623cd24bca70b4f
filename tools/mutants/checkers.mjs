// Switches off a property, or leaves out a kind of fault, and runs the bugs that it detected first again, to find those that no other
// checker detects. usage: node tools/mutants/checkers.mjs ROWS TABLE, where ROWS is the output file of `run.mjs --json`.
import { readFileSync, writeFileSync } from 'node:fs';
import { allInvariants } from '@raftlab/invariants';
import { faultFamilies } from '@raftlab/simulation';
import { Workshop } from './workshop.mjs';

const [rowsFile, tableFile] = process.argv.slice(2);
if (rowsFile === undefined || tableFile === undefined) {
  console.error('usage: node tools/mutants/checkers.mjs ROWS TABLE');
  process.exit(2);
}
const options = { seeds: 1, runs: 150, without: [], withoutFaults: [] };
const timeoutMs = 90_000;
const propertyNames = allInvariants().map(({ name }) => name);
const rows = JSON.parse(readFileSync(rowsFile, 'utf8'));

/** By property or fault: the bugs that were run without it, and those of them that no checker noticed. */
const properties = new Map();
const families = new Map(faultFamilies.map((family) => [family, { tried: [], unnoticed: [] }]));

const workshop = new Workshop();
for (const mutant of rows) {
  const { watched, simulation, lab } = mutant.noticed;
  const first = [watched, simulation].filter((found) => found !== null && propertyNames.includes(found.what));
  const names = new Set(first.map(({ what }) => what));
  await workshop.withMutant(mutant, async () => {
    for (const name of names) {
      const without = { ...options, without: [name] };
      const found =
        (await workshop.detect('watched', without, timeoutMs)) ??
        (await workshop.detect('simulation', without, timeoutMs));
      note(properties, name, mutant.id, found);
    }
    // A bug that the lab's tests notice does not need the simulation.
    if (simulation === null || lab !== null) return;
    for (const family of faultFamilies) {
      const without = { ...options, withoutFaults: [family] };
      note(families, family, mutant.id, await workshop.detect('simulation', without, timeoutMs));
    }
  });
}
workshop.remove();

writeFileSync(
  tableFile,
  [
    ...section('property switched off', 'bugs it detects first', properties),
    '',
    ...section(
      'fault left out of the simulation',
      'bugs that the simulation detects and the lab does not',
      families,
    ),
    '',
  ].join('\n'),
);

function note(table, key, id, found) {
  const entry = table.get(key) ?? { tried: [], unnoticed: [] };
  table.set(key, entry);
  entry.tried.push(id);
  if (found === null) entry.unnoticed.push(id);
  console.log(`without ${key}: ${id} ${found === null ? 'survives' : `${found.what} ${found.after}`}`);
}

function section(title, tried, table) {
  const lines = [...table].map(
    ([key, entry]) =>
      `| ${key} | ${entry.tried.length} | ${entry.unnoticed.length} | ${entry.unnoticed.map((id) => `\`${id}\``).join(', ')} |`,
  );
  return [
    `| ${title} | ${tried} | of these undetected without it | which |`,
    '| --- | --- | --- | --- |',
    ...lines,
  ];
}

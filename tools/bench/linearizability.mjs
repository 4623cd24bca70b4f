// The time to check histories: of clients on one key, of many keys, with operations that never returned, and illegal ones.
import { checkHistory, keyValueModel, listAppendModel } from '@raftlab/linearizability';
import { keyValueObject, listObject, syntheticHistory } from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import { collectGarbage, repeat, row, timed } from './measurement.mjs';

/** @typedef {import('@raftlab/linearizability').KeyValueInput} KeyValueInput */
/** @typedef {import('@raftlab/linearizability').KeyValueOutput} KeyValueOutput */
/** @typedef {import('@raftlab/linearizability').Operation<KeyValueInput, KeyValueOutput>} KeyValueOperation */
/** @typedef {'puts' | 'appends' | 'both'} Changes half of the operations are gets, the others these; "both" is the lab's mix */
/** @typedef {{ operations: number, clients: number, keys?: number, lostPerMille?: number, changes?: Changes }} Load */

/** As in the lab. */
const options = { missing: '', hasVersions: false };

/** @type {Load[]} */
const loads = [
  { operations: 10_000, clients: 5, changes: 'puts' },
  { operations: 10_000, clients: 5, changes: 'appends' },
  { operations: 10_000, clients: 5 },
  { operations: 1000, clients: 5 },
  { operations: 100_000, clients: 5, changes: 'puts' },
  { operations: 10_000, clients: 10 },
  { operations: 10_000, clients: 15 },
  { operations: 10_000, clients: 20 },
  { operations: 10_000, clients: 15, keys: 15 },
  { operations: 100_000, clients: 50, keys: 50 },
  { operations: 1000, clients: 10, lostPerMille: 30 },
  { operations: 2000, clients: 20, lostPerMille: 20 },
];

/** @type {import('./measurement.mjs').Measurement} */
export const linearizability = {
  name: 'linearizability',
  title: 'histories of gets and changes, checked in one thread',
  async measure() {
    const rows = [];
    for (const load of loads) rows.push(...(await rowsOf(nameOf(load), () => historyOf(load, 1))));
    rows.push(...(await rowsOf('one of 50 keys is illegal, 100,000 ops', () => brokenHistory())));
    rows.push(await listRow());
    return rows;
  },
};

/** @param {Load} load */
function nameOf({ operations, clients, keys = 1, lostPerMille = 0, changes = 'both' }) {
  const lost = lostPerMille === 0 ? '' : `, ${lostPerMille / 10} % lost`;
  const where = keys === 1 ? '' : `, ${keys} keys`;
  return `${operations.toLocaleString('en')} ops, ${clients} clients, ${changes}${where}${lost}`;
}

/**
 * @param {Load} load
 * @param {number} seed
 */
function historyOf({ operations, clients, keys = 1, lostPerMille = 0, changes = 'both' }, seed) {
  const draws = Random.fromSeed(seed).fork(changes);
  /** @param {number} id @param {number} client @returns {KeyValueInput} */
  const inputOf = (id, client) => {
    const key = `key ${draws.int(1, keys)}`;
    if (draws.chance(1, 2)) return { kind: 'get', key };
    const isPut = changes === 'puts' || (changes === 'both' && draws.chance(1, 5));
    return { kind: isPut ? 'put' : 'append', key, value: `x ${client} ${id} y` };
  };
  const scale = { clientCount: clients, operationCount: operations, lostPerMille };
  return syntheticHistory(keyValueObject(options), { ...scale, draws, inputOf });
}

/** The last get of one key returns a value that was never written. */
function brokenHistory() {
  const history = historyOf({ operations: 100_000, clients: 50, keys: 50 }, 1);
  const last = history.findLast(({ input }) => input.kind === 'get' && input.key === 'key 7');
  return history.map((operation) =>
    operation === last ? { ...operation, output: { value: '?' } } : operation,
  );
}

/**
 * @param {string} name
 * @param {() => KeyValueOperation[]} makeHistory
 */
async function rowsOf(name, makeHistory) {
  const model = keyValueModel(options);
  let found = '';
  let steps = NaN;
  const history = makeHistory();
  checkHistory(model, history); // the first run joins the strings of values, and compiles
  const runs = await repeat(() => {
    collectGarbage();
    return timed(() => {
      const result = checkHistory(model, history);
      found = result.verdict;
      steps = result.steps;
    });
  });
  return [
    row(
      `${name}: ${found}`,
      'ms',
      runs.map(({ wallMs }) => wallMs),
    ),
    row(`${name}: steps`, 'steps', [steps]),
  ];
}

/** Lists are decided without a search. */
async function listRow() {
  const draws = Random.fromSeed(1);
  /** @param {number} id @returns {import('@raftlab/linearizability').ListInput} */
  const inputOf = (id) => {
    const key = `key ${draws.int(1, 10)}`;
    return draws.chance(1, 2) ? { kind: 'read', key } : { kind: 'append', key, element: id };
  };
  const scale = { clientCount: 50, operationCount: 10_000 };
  const history = syntheticHistory(listObject(), { ...scale, draws, inputOf });
  const runs = await repeat(() => timed(() => checkHistory(listAppendModel, history)));
  return row(
    '10,000 list ops, 50 clients, 10 keys, no search',
    'ms',
    runs.map(({ wallMs }) => wallMs),
  );
}

// The verdict on the history of one window.
import { checkHistory, keyValueModel, renderResult } from '@raftlab/linearizability';
import { elementsOf, isLogKey } from './workload.mjs';

/** @typedef {import('./window.mjs').HistoryEvent} HistoryEvent */
/** @typedef {import('@raftlab/linearizability').Operation<import('@raftlab/linearizability').KeyValueInput, import('@raftlab/linearizability').KeyValueOutput>} Operation */

/**
 * @typedef {object} Judgement
 * @property {'ok' | 'illegal' | 'unknown'} verdict
 * @property {number} lostCount Writes that were acknowledged, and that the last read of their key does not have.
 * @property {Failure} [failure] Unless the verdict is ok.
 */

/**
 * @typedef {object} Failure The key without a linearization.
 * @property {string} key
 * @property {string} text
 * @property {readonly Operation[]} operations
 * @property {readonly (string | number)[]} unplaced The operations that have no place in any order that was found.
 */

/** Many times what a window needs: some seconds. */
const maxSteps = 5_000_000;

const model = keyValueModel();

/** @param {readonly HistoryEvent[]} events @returns {Judgement} */
export function judge(events) {
  const result = checkHistory(model, events, { maxSteps });
  const lostCount = lostIn(events);
  if (result.verdict === 'ok') return { verdict: 'ok', lostCount };
  const { verdict, partition: key = '', operations, prefixes } = result;
  const unplaced = prefixes.map(({ stuck }) => stuck.id);
  return { verdict, lostCount, failure: { key, text: renderResult(model, result), operations, unplaced } };
}

/**
 * Every key ends with a read that began when nothing else was pending. On a log key each acknowledged element must be in its value; on
 * another key, which is never deleted, the version must be at least the number of acknowledged changes.
 * @param {readonly HistoryEvent[]} events
 */
export function lostIn(events) {
  /** @type {Map<string, { acknowledged: string[], last: import('@raftlab/linearizability').KeyValueOutput | undefined }>} */
  const keys = new Map();
  /** @type {Map<string | number, import('@raftlab/linearizability').KeyValueInput>} */
  const inputs = new Map();
  for (const event of events) {
    if (event.kind === 'call') {
      inputs.set(event.id, event.input);
      continue;
    }
    const input = inputs.get(event.id);
    if (input === undefined) continue;
    const known = keys.get(input.key) ?? { acknowledged: [], last: undefined };
    keys.set(input.key, known);
    if (input.kind === 'get') known.last = event.output;
    else if ('value' in input && event.output?.applied !== false) known.acknowledged.push(input.value);
  }
  let lostCount = 0;
  for (const [key, { acknowledged, last }] of keys) {
    if (last === undefined) continue;
    if (!isLogKey(key)) lostCount += Math.max(0, acknowledged.length - (last.version ?? 0));
    else {
      const found = new Set(elementsOf(last.value ?? ''));
      lostCount += acknowledged.filter((value) => elementsOf(value).some((each) => !found.has(each))).length;
    }
  }
  return lostCount;
}

// What a campaign prints at its end, and the files that it leaves after a failure.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timelinePage } from '@raftlab/timeline';

/** @typedef {import('./campaign.mjs').Outcome} Outcome */
/** @typedef {import('./options.mjs').Options} Options */

/** The command that runs the same schedule again. @param {Options} options */
export function commandOf({ minutes, seed, servers, tls, canary }) {
  const flags = [`--minutes ${minutes}`, `--seed ${seed}`, `--servers ${servers}`];
  if (tls) flags.push('--tls');
  if (canary !== undefined) flags.push(`--canary ${canary}`);
  return `npm run campaign -- ${flags.join(' ')}`;
}

/** Lines. @param {Outcome} outcome */
export function summaryOf({
  faults,
  operationCount,
  unknownCount,
  windowCount,
  lostCount,
  availability,
  problems,
}) {
  const { count, medianMs, worstMs, share } = availability;
  const byKind = [...faults].map(([kind, times]) => `${kind} ${times}`).toSorted();
  const faultCount = [...faults.values()].reduce((sum, times) => sum + times, 0);
  const ms = (/** @type {number} */ value) => value.toLocaleString('en', { maximumFractionDigits: 0 });
  return [
    `  operations    ${operationCount.toLocaleString('en')}, and ${unknownCount} of unknown outcome`,
    `  faults        ${faultCount}: ${byKind.join(', ')}`,
    `  verdict       ${problems.length === 0 ? `linearizable, in ${windowCount} windows` : problems.join('\n                ')}`,
    `  lost writes   ${lostCount}`,
    `  unavailable   ${count} times for 200 ms or more: median ${ms(medianMs)} ms, worst ${ms(worstMs)} ms, ${(share * 100).toFixed(1)} % of the time`,
  ];
}

/**
 * Writes the history, the page and the logs of the servers. Returns the folder.
 * @param {string} parent @param {Outcome} outcome @param {Options} options
 */
export function writeFailure(parent, outcome, options) {
  const folder = join(parent, 'failing-runs', `campaign-${options.seed}`);
  mkdirSync(folder, { recursive: true });
  const { failure, problems, timeline } = outcome;
  const replay = commandOf(options);
  const header = {
    title: `campaign: ${problems[0] ?? 'failed'}`,
    seed: options.seed,
    servers: options.servers,
    replay,
  };
  const trace = timeline.trace(failure, header);
  writeFileSync(join(folder, 'timeline.html'), timelinePage(trace));
  const history = { replay, problems, ...failure };
  writeFileSync(join(folder, 'history.json'), `${JSON.stringify(history, undefined, 2)}\n`);
  if (failure !== undefined) writeFileSync(join(folder, 'verdict.txt'), `${failure.text}\n`);
  for (let server = 0; server < options.servers; server += 1)
    copyFileSync(join(outcome.folder, `server-${server}.log`), join(folder, `server-${server}.log`));
  return folder;
}

// The type of a measurement, and the arithmetic that all of them share. Times are wall times unless a name says CPU; a row is
// the median of its runs with their spread, because single numbers on a shared machine mean little.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} unit
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number} runCount
 * @property {number} [ratio] to a reference in the same run; the title names the reference
 */

/**
 * @typedef {object} Measurement
 * @property {string} name for --only
 * @property {string} title
 * @property {() => Promise<Row[]> | Row[]} measure
 */

export const runCount = 3;

/**
 * @param {string} what
 * @param {string} unit
 * @param {readonly number[]} values one for each run
 * @returns {Row}
 */
export function row(what, unit, values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [min = NaN] = sorted;
  const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  return { what, unit, median, min, max: sorted.at(-1) ?? NaN, runCount: sorted.length };
}

/**
 * The wall and CPU time of an action, in ms.
 * @param {() => unknown} action
 */
export async function timed(action) {
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await action();
  const wallMs = performance.now() - before;
  const cpu = process.cpuUsage(cpuBefore);
  return { wallMs, cpuMs: (cpu.user + cpu.system) / 1000 };
}

/**
 * Runs an action `runCount` times, one after another.
 * @template T
 * @param {(run: number) => Promise<T> | T} action run counts from 1
 * @returns {Promise<T[]>}
 */
export async function repeat(action) {
  const results = [];
  for (let run = 1; run <= runCount; run += 1) results.push(await action(run));
  return results;
}

/** A timer of Node: those of the clocks are never early, and therefore up to 2 ms late. @param {number} delayMs */
export function elapse(delayMs) {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

/**
 * Like `timed`, with the durations of the event loop's turns meanwhile.
 * @param {() => unknown} action
 */
export async function timedByTurns(action) {
  const resolutionMs = 1;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  const look = () => elapse(5 * resolutionMs);
  delay.enable();
  await look(); // it measures between samples, and needs a first one
  const times = await timed(action);
  await look(); // the last turn counts, and may be the only one
  delay.disable();
  // Two samples are `resolutionMs` apart.
  const turnMs = (/** @type {number} */ ns) => Math.max(0, ns / 1e6 - resolutionMs);
  return { ...times, turnP99Ms: turnMs(delay.percentile(99)), turnMaxMs: turnMs(delay.max) };
}

/**
 * @param {readonly number[]} values
 * @param {number} percent
 */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN;
}

/** Garbage of one measurement must not slow down the next. Afterwards the heap is small, and code may be compiled again. */
export function collectGarbage() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

/** The reachable memory: the heap after a full collection, and the bytes outside of it that it refers to. */
export function heapUsedBytes() {
  collectGarbage();
  collectGarbage(); // waits until memory outside of the heap is freed that the first one found
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// The delays and losses of the simulated network: every number of the lab, and one function for each random decision.
import type { Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';

/** The draws that the network makes. */
export type DrawSource = Pick<Random, 'int' | 'chance'>;

/** The time that each message takes, in ms: 0 or more, `minMs` at most `maxMs`. */
export interface MessageTime {
  readonly minMs: number;
  readonly maxMs: number;
}

const undeliverableDelayMaxMs = 99;
/** Longer than any election timeout. */
const undeliverableLongDelayMaxMs = 6999;
const shortDelayMaxMs = 26;
const reorderingDelayMinMs = 200;
const reorderingDelayMaxMs = 2199;

/** How long a call that cannot be delivered is pending before it fails: uniform in [0, 99] ms, or [0, 6999] with long delays. */
export function drawUndeliverableDelayMs(source: DrawSource, isLongDelays: boolean): number {
  return source.int(0, isLongDelays ? undeliverableLongDelayMaxMs : undeliverableDelayMaxMs);
}

/** How long an unreliable network takes to deliver a request: uniform in [0, 26] ms. */
export function drawShortDelayMs(source: DrawSource): number {
  return source.int(0, shortDelayMaxMs);
}

/** How long one message takes where the network is given message times: uniform, in steps of a microsecond. */
export function drawMessageTimeMs(source: DrawSource, { minMs, maxMs }: MessageTime): number {
  return source.int(Math.round(minMs * 1000), Math.round(maxMs * 1000)) / 1000;
}

/** Whether an unreliable network loses a request, or a reply: one in ten. */
export function drawIsDropped(source: DrawSource): boolean {
  return source.chance(100, 1000);
}

/**
 * How long long reordering delays a reply. One reply in three is not delayed: undefined. The delay of the others is 200 ms plus
 * a time that is uniform in [0, X], where X is uniform in [0, 1999] ms.
 */
export function drawReorderingDelayMs(source: DrawSource): number | undefined {
  if (!source.chance(600, 900)) return undefined;
  const spreadMaxMs = source.int(0, reorderingDelayMaxMs - reorderingDelayMinMs);
  const delayMs = reorderingDelayMinMs + source.int(0, spreadMaxMs);
  assert(delayMs <= reorderingDelayMaxMs, () => `a reordered reply is delayed by ${delayMs} ms`);
  return delayMs;
}

// Every number of the unreliable network, and every draw it makes. One draw of a decision is one function here.
import type { Random } from '@raftlab/runtime';

/** The draws that the network needs. */
export type Dice = Pick<Random, 'int' | 'chance'>;

const undeliverableDelayMaxMs = 99;
/** With long delays a caller may wait longer than any election timeout before it hears that nobody is there. */
const undeliverableLongDelayMaxMs = 6999;
const shortDelayMaxMs = 26;
const reorderingDelayMinMs = 200;
const reorderingSpreadMaxMs = 1999;

/** How long a call that cannot be delivered waits before it fails. */
export function drawUndeliverableDelayMs(dice: Dice, isLongDelays: boolean): number {
  return dice.int(0, isLongDelays ? undeliverableLongDelayMaxMs : undeliverableDelayMaxMs);
}

/** How long a request is on its way over an unreliable network. */
export function drawShortDelayMs(dice: Dice): number {
  return dice.int(0, shortDelayMaxMs);
}

/** Whether an unreliable network loses a request, or a reply: one in ten. */
export function drawIsDropped(dice: Dice): boolean {
  return dice.chance(100, 1000);
}

/** How long a reply is held back under long reordering: one in three not at all (undefined), the others mostly briefly. */
export function drawReorderingDelayMs(dice: Dice): number | undefined {
  if (!dice.chance(600, 900)) return undefined;
  const spreadMs = dice.int(0, reorderingSpreadMaxMs);
  return reorderingDelayMinMs + dice.int(0, spreadMs);
}

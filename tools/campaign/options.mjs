// The command line of a campaign.
import { parseArgs } from 'node:util';

export const canaries = /** @type {const} */ (['early-answer', 'local-read']);
const minutesMax = 24 * 60;

export const usage = `usage: npm run campaign -- [options]
  --minutes N     how long faults happen (default 1)
  --seed N        of the faults and of the clients' operations, a whole number (default: drawn)
  --servers N     3 or 5 (default 3)
  --tls           mutual TLS, with certificates that openssl makes
  --canary NAME   servers with a bug, which the campaign must find; exits with 0 only if it does. NAME is
                  early-answer (a write is acknowledged before it is in the file), or
                  local-read (every server answers reads from its own state)
Exits with 1 if a history is not linearizable, a write is lost, a server ends by itself, or the cluster does not recover; with 2 for wrong
options. A failure is described in failing-runs/campaign-SEED.`;

/**
 * @typedef {object} Options
 * @property {number} minutes @property {number} seed @property {3 | 5} servers @property {boolean} tls
 * @property {typeof canaries[number] | undefined} canary
 */

/** Wrong options, or a request for help. */
export class UsageError extends Error {}

/** Throws a UsageError. @param {readonly string[]} argv @returns {Options | 'help'} */
export function readOptions(argv) {
  const { minutes, seed, servers, tls, canary, help } = parse(argv);
  if (help) return 'help';
  return {
    minutes: numberOf(
      'minutes',
      minutes,
      (value) => value > 0 && value <= minutesMax,
      `more than 0 and at most ${minutesMax}`,
    ),
    seed: numberOf(
      'seed',
      seed,
      (value) => Number.isSafeInteger(value) && value >= 0,
      'a whole number from 0 on',
    ),
    servers: numberOf('servers', servers, (value) => value === 3 || value === 5, '3 or 5') === 5 ? 5 : 3,
    tls,
    canary: canaryOf(canary),
  };
}

/** @param {readonly string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        minutes: { type: 'string', default: '1' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        servers: { type: 'string', default: '3' },
        tls: { type: 'boolean', default: false },
        canary: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} name @param {string} text @param {(value: number) => boolean} isValid @param {string} valid */
function numberOf(name, text, isValid, valid) {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!isValid(value)) throw new UsageError(`--${name} must be ${valid}, got "${text}".`);
  return value;
}

/** @param {string | undefined} text */
function canaryOf(text) {
  const canary = canaries.find((known) => known === text);
  if (text !== undefined && canary === undefined)
    throw new UsageError(`--canary must be ${canaries.join(' or ')}, got "${text}".`);
  return canary;
}

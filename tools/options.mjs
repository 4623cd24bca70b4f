// The options of a tool's command line. Wrong ones end the process with exit status 2, a reason and the usage.
import { parseArgs } from 'node:util';

/**
 * The values of the options; `--help` prints the usage and ends the process.
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} Options
 * @param {Options} options @param {string} usage
 */
export function readOptions(options, usage) {
  if (process.argv.some((word) => word === '--help' || word === '-h')) {
    console.log(usage);
    return process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), usage);
  }
}

/** The value of an option that is a positive whole number. @param {string} name @param {string} text @param {string} usage */
export function countOption(name, text, usage) {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  return refuse(`--${name} must be a whole number, 1 or more; got "${text}".`, usage);
}

/** Ends the process because of a wrong option. @param {string} problem @param {string} usage @returns {never} */
export function refuse(problem, usage) {
  console.error(`${problem}\n${usage}`);
  return process.exit(2);
}

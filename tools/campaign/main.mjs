// `npm run campaign`: real processes of the key/value service under real faults. Prints what happened, and whether the service kept what
// it promises.
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { Campaign } from './campaign.mjs';
import { readOptions, usage, UsageError } from './options.mjs';
import { commandOf, summaryOf, writeFailure } from './report.mjs';

// Not only process.exitCode: Node 20 may loop while it frees the channels of the children that were killed.
process.exit(await main(process.argv.slice(2)));

/** Returns the exit code. @param {readonly string[]} argv */
async function main(argv) {
  try {
    const options = readOptions(argv);
    if (options !== 'help') return await run(options);
    console.log(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${usage}`);
    return 2;
  }
}

/** @param {import('./options.mjs').Options} options */
async function run(options) {
  const campaign = new Campaign(options);
  const leave = () => {
    campaign.stop();
    rmSync(campaign.folder, { recursive: true, force: true });
  };
  // However this process ends, no server outlives it.
  process.on('exit', leave);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  console.log(commandOf(options));
  const outcome = await campaign.run();
  for (const line of summaryOf(outcome)) console.log(line);
  const { problems, failedAfterMs = 0 } = outcome;
  const hasFailed = problems.length > 0;
  if (hasFailed) {
    const folder = writeFailure(process.cwd(), outcome, options);
    console.log(`  after         ${(failedAfterMs / 1000).toFixed(1)} s; see ${folder}`);
  }
  if (options.canary !== undefined) console.log(`the canary was ${hasFailed ? 'found' : 'not found'}`);
  return hasFailed === (options.canary !== undefined) ? 0 : 1;
}

// The subcommand `explore`: its options.
import { smallBounds } from '@raftlab/explorer';
import { Command } from 'commander';
import { terminalOf, type Subcommand } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { wholeNumber } from '../option-values.ts';
import type { ExploreRequest } from './explore.ts';

export const exploreCommand: Subcommand = (context, exit) => {
  const { serverCount, maxTerm, maxInFlight } = smallBounds;
  return new Command('explore')
    .description(
      'Visits every state that Raft can reach within bounds, with the production core, and checks each.',
    )
    .option('--servers <count>', 'servers', wholeNumber(2, 5), serverCount)
    .option('--learners <count>', 'how many of the servers are learners', wholeNumber(0, 4), 0)
    .option('--terms <count>', 'elections begin only below this term', wholeNumber(1, 30), maxTerm)
    .option('--entries <count>', 'commands proposed in all', wholeNumber(0, 30), 2)
    .option('--in-flight <count>', 'messages in flight at a time', wholeNumber(1, 8), maxInFlight)
    .option('--crashes <count>', 'crashes in all, each with a restart', wholeNumber(0, 30), 0)
    .option('--duplications <count>', 'messages delivered twice, in all', wholeNumber(0, 30), 0)
    .option('--snapshots <count>', 'snapshots in all', wholeNumber(0, 30), 0)
    .option('--reads <count>', 'reads of services in all', wholeNumber(0, 2), 0)
    .option('--transfers <count>', 'transfers of leadership in all', wholeNumber(0, 15), 0)
    .option('--noops', 'new leaders append noops', false)
    .option('--pre-votes', 'servers ask for pre-votes before they campaign', false)
    .option(
      '--max-states <count>',
      'stop, incomplete, at this many states',
      wholeNumber(1, 1_000_000_000),
      100_000_000,
    )
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nExit status: 0 all states were visited, and none violated a property; 1 otherwise; 2 the command was invalid.',
    )
    .action(async (request: ExploreRequest) => {
      const { servers, learners } = request;
      if (learners >= servers)
        throw new CommandError(
          `--learners ${learners} leaves no voter among ${servers} servers; give --learners ${servers - 1} or less.`,
        );
      const { explore } = await import('./explore.ts');
      const report = await explore(request, terminalOf(context), context.signal);
      exit(report?.isComplete === true && report.violation === undefined ? 0 : 1);
    });
};

// The subcommand `merge`: the JSON reports of all shards of a grading become the report of the whole.
import { Command } from 'commander';
import pc from 'picocolors';
import { terminalOf, type Subcommand } from '../command-context.ts';
import { reporterOption, type ReporterChoice } from '../grade/reporters/choice.ts';
import { mergeReports } from './merge-reports.ts';

export const mergeCommand: Subcommand = (context, exit) =>
  new Command('merge')
    .description('Merges the JSON reports of all shards of one grading.')
    .argument('<report...>', 'written by grade --shard … --reporter json=<report>')
    .addOption(reporterOption())
    .addHelpText(
      'after',
      '\nExit status: 0 all tests passed, 1 a test failed or was interrupted, 2 the reports are not those of one grading.',
    )
    .action((files: readonly string[], { reporter }: { readonly reporter?: readonly ReporterChoice[] }) => {
      const isTerminal = context.stdout.isTTY === true;
      exit(
        mergeReports(files, {
          reporters: reporter,
          terminal: terminalOf(context),
          colors: pc.createColors(isTerminal && pc.isColorSupported),
        }),
      );
    });

// The subcommand `kv watch-status`: its options.
import { Command } from 'commander';
import type { CommandContext, ExitCode } from '../../command-context.ts';
import { wholeNumber } from '../../option-values.ts';
import { addCallOptions, addConnectionOptions } from '../connection.ts';
import type { WatchFlags } from './watch.ts';

const intervalMaxMs = 3_600_000;
const countMax = 1_000_000;

export function watchStatusCommand(context: CommandContext, exit: (code: ExitCode) => void): Command {
  const command = new Command('watch-status')
    .description('Prints the state of every server again and again, until Ctrl-C.')
    .option('--interval-ms <count>', 'from one to the next', wholeNumber(10, intervalMaxMs), 1000)
    .option('--count <count>', 'end after this many', wholeNumber(1, countMax))
    .allowExcessArguments(false)
    .action(async (flags: WatchFlags) => {
      const { watch } = await import('./watch.ts');
      exit(await watch(flags, context));
    });
  return addConnectionOptions(addCallOptions(command));
}

// The subcommand `kv up`: its options.
import { Command } from 'commander';
import type { CommandContext, ExitCode } from '../../command-context.ts';
import { wholeNumber } from '../../option-values.ts';
import { defaultDataFolder } from '../local-cluster.ts';
import type { UpFlags } from './up.ts';

const serversMax = 9;

export function upCommand(context: CommandContext, exit: (code: ExitCode) => void): Command {
  return new Command('up')
    .description(
      'Runs a cluster on this machine, with a prompt for commands, until Ctrl-C or the end of standard input.',
    )
    .option('--data <folder>', 'where data, logs and ports are kept', `./${defaultDataFolder}`)
    .option('--servers <count>', 'how many servers (default: 3)', wholeNumber(1, serversMax))
    .allowExcessArguments(false)
    .action(async (flags: UpFlags) => {
      const { up } = await import('./up.ts');
      exit(await up(flags, context));
    });
}

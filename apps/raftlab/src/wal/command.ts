// The subcommand `wal`: inspects the directory of a server's write-ahead log, without changing it.
import { Command } from 'commander';
import { terminalOf, type Subcommand } from '../command-context.ts';
import type { LookRequest } from './look.ts';

export const walCommand: Subcommand = (context, exit) => {
  const subcommand = (name: 'inspect' | 'verify', description: string): Command =>
    new Command(name)
      .description(description)
      .argument('<directory>', 'the directory of one server')
      .option('--json', 'a JSON document instead of text', false)
      .allowExcessArguments(false)
      .addHelpText(
        'after',
        '\nExit status: 0 nothing is damaged; 1 something is; 2 the directory cannot be read, or the command was wrong.',
      )
      .action(async (directory: string, { json }: Pick<LookRequest, 'json'>) => {
        const { look } = await import('./look.ts');
        const { isDamaged } = await look(
          { directory, json, isThorough: name === 'verify' },
          terminalOf(context),
        );
        exit(isDamaged ? 1 : 0);
      });
  return new Command('wal')
    .description("Looks at the directory of a server's write-ahead log, and changes nothing.")
    .addCommand(
      subcommand('inspect', 'Reads the log, and says what is in it. The data of snapshots is not read.'),
    )
    .addCommand(subcommand('verify', 'Reads everything, and compares it with its checksums.'));
};

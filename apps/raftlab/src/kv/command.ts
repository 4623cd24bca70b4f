// The subcommand `kv`: the key/value service, its servers and its clients.
import { Command } from 'commander';
import type { CommandContext, ExitCode, Subcommand } from '../command-context.ts';
import { benchCommand } from './bench/command.ts';
import { clientCommands } from './client-commands.ts';
import { addConnectionOptions } from './connection.ts';
import { runOperation } from './run-operation.ts';
import { serveCommand } from './serve/command.ts';
import { snapshotCommand } from './snapshot/command.ts';
import { upCommand } from './up/command.ts';
import { watchStatusCommand } from './watch-status/command.ts';

export const kvCommand: Subcommand = (context, exit) => {
  const command = new Command('kv')
    .description(
      'A key/value service that survives failures: servers, clients, and a cluster on this machine (`up`, which is run without a command).',
    )
    .addHelpText(
      'after',
      '\nExit status: 0 done; 1 the operation did not happen: a missing key, another version, no leader in time; 2 the command was wrong.',
    );
  for (const subcommand of [
    upCommand(context, exit),
    serveCommand(context, exit),
    ...clients(context, exit),
    watchStatusCommand(context, exit),
    benchCommand(context, exit),
    snapshotCommand(context, exit),
  ])
    command.addCommand(subcommand);
  return command;
};

/** The commands that make one call. */
function clients(context: CommandContext, exit: (code: ExitCode) => void): Command[] {
  const run = runOperation(context, exit);
  return clientCommands({ run, input: context.stdin }).map(addConnectionOptions);
}

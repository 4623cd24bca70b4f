// The command line `raftlab`: its subcommands, and how errors become exit codes.
import { Command, CommanderError } from 'commander';
import type { CommandContext, Subcommand } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { exploreCommand } from './explore/command.ts';
import { gradeCommand } from './grade/command.ts';
import { suiteTitles } from './grade/suites.ts';
import { initCommand } from './init/command.ts';
import { kvCommand } from './kv/command.ts';
import { mergeCommand } from './merge/command.ts';
import { refuseNpmReservedOptions } from './npm-reserved-options.ts';
import { simulateCommand } from './simulate/command.ts';
import { version } from './version.ts';
import { walCommand } from './wal/command.ts';

/** A new subcommand has its own folder, and an entry here. */
const subcommands: readonly Subcommand[] = [
  gradeCommand,
  mergeCommand,
  initCommand,
  simulateCommand,
  exploreCommand,
  walCommand,
  kvCommand,
];

/** Runs one command line, without the name of the program, and returns its exit code. */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  let exitCode = 0;
  const program = new Command('raftlab')
    .description(`Raft, graded by the tests of ${suiteTitles} and simulated under random faults.`)
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  for (const subcommand of subcommands) {
    program.addCommand(subcommand(context, (code) => void (exitCode = code)));
  }
  inheritSettings(program);
  try {
    const chosen = program.commands.find((command) => command.name() === argv[0]);
    if (chosen !== undefined) refuseNpmReservedOptions(chosen, env);
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has already printed its message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CommandError)) throw error;
    stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}

// The command line `raftlab`: its subcommands, and how errors become exit codes.
import { Command, CommanderError } from 'commander';
import type { CommandContext, Subcommand } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { withDefaultCommand } from './kv/default-command.ts';
import { refuseNpmReservedOptions } from './npm-reserved-options.ts';
import { version } from './version.ts';

/**
 * A new subcommand has its own folder, and an entry here. Only the one that is called is loaded: the others have much of the repository
 * behind them.
 */
const subcommands: ReadonlyMap<string, () => Promise<Subcommand>> = new Map([
  ['grade', async () => (await import('./grade/command.ts')).gradeCommand],
  ['merge', async () => (await import('./merge/command.ts')).mergeCommand],
  ['init', async () => (await import('./init/command.ts')).initCommand],
  ['simulate', async () => (await import('./simulate/command.ts')).simulateCommand],
  ['explore', async () => (await import('./explore/command.ts')).exploreCommand],
  ['wal', async () => (await import('./wal/command.ts')).walCommand],
  ['kv', async () => (await import('./kv/command.ts')).kvCommand],
]);

/** Runs one command line, without the name of the program, and returns its exit code. */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  let exitCode = 0;
  const program = new Command('raftlab')
    .description(
      'Raft, graded by the tests of the lab and simulated under random faults; and a key/value service on it.',
    )
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  const called = subcommands.get(argv[0] ?? '');
  // All for the help, and for suggestions after a wrong name.
  for (const load of called === undefined ? subcommands.values() : [called]) {
    const subcommand = await load();
    program.addCommand(subcommand(context, (code) => void (exitCode = code)));
  }
  inheritSettings(program);
  try {
    const words = withDefaultCommand(argv);
    const [script = ''] = words;
    if (called !== undefined) refuseNpmReservedOptions(commandOf(words, program), script, env);
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has already printed its message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CommandError)) throw error;
    stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

/** The command that these words call: `kv get` for `kv get city`. */
function commandOf([word, ...rest]: readonly string[], parent: Command): Command {
  const command = parent.commands.find((candidate) => candidate.name() === word);
  return command === undefined ? parent : commandOf(rest, command);
}

function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}

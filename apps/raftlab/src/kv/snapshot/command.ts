// The subcommands `kv snapshot save` and `kv snapshot restore`: backups.
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { terminalOf, type CommandContext, type ExitCode } from '../../command-context.ts';
import { CommandError } from '../../command-error.ts';
import { quoted } from '../../quoted.ts';
import { wholeNumber } from '../../option-values.ts';
import { print } from '../outcome.ts';
import { thousands } from '../../thousands.ts';
import type { CallFlags } from '../client-commands.ts';
import { addCallOptions, addConnectionOptions } from '../connection.ts';
import { levelOption, type ReadLevelFlag } from '../level-option.ts';
import { runOperation } from '../run-operation.ts';
import type { RestoreRequest } from './restore.ts';
import { writeSnapshotFile } from './snapshot-file.ts';

const serverMax = 65_535;

interface SaveFlags extends CallFlags, ReadLevelFlag {
  readonly force: boolean;
}

export function snapshotCommand(context: CommandContext, exit: (code: ExitCode) => void): Command {
  const run = runOperation(context, exit);
  const save = new Command('save')
    .description(
      'Writes all keys, values and versions as of one moment to a file. The level local works without a majority.',
    )
    .argument('<file>')
    .addOption(levelOption())
    .option('--force', 'replace a file that exists', false)
    .allowExcessArguments(false)
    .action((file: string, flags: SaveFlags) => {
      if (existsSync(file) && !flags.force)
        throw new CommandError(`${quoted(file)} exists; choose another name, or add --force to replace it.`);
      return run(flags, async (client, call) => {
        const header = await writeSnapshotFile(
          file,
          await client.openSnapshot({ ...call, level: flags.level }),
        );
        const { keyCount, sizeBytes, index } = header;
        return {
          text: `saved ${thousands(keyCount)} keys (${thousands(sizeBytes)} bytes) as of index ${index} to ${quoted(file)}`,
          document: { ...header, file },
        };
      });
    });
  return new Command('snapshot')
    .description(
      'Backups: saves all keys to a file, and makes the data directories of a new cluster from one.',
    )
    .addCommand(addConnectionOptions(addCallOptions(save)))
    .addCommand(restoreCommand(context, exit));
}

function restoreCommand(context: CommandContext, exit: (code: ExitCode) => void): Command {
  return new Command('restore')
    .description(
      'Makes the data directory of one server of a new cluster from a file of save. Do it for every server, from the same file, then start them.',
    )
    .argument('<file>')
    .requiredOption('--data <directory>', 'missing or empty; as of `kv serve`')
    .requiredOption('--cluster <name>', 'the new cluster; give it a name that no earlier one had')
    .requiredOption('--id <number>', 'the number of the server', wholeNumber(0, serverMax))
    .option('--json', 'a JSON document instead of text', false)
    .allowExcessArguments(false)
    .action(async (file: string, flags: Omit<RestoreRequest, 'file'> & { readonly json: boolean }) => {
      const { restore } = await import('./restore.ts');
      exit(print(await restore({ ...flags, file }), flags.json, terminalOf(context)));
    });
}

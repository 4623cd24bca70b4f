// The subcommands `kv snapshot save` and `kv snapshot restore`: backups.
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { CommandContext, ExitCode } from '../../command-context.ts';
import { CommandError } from '../../command-error.ts';
import { quoted } from '../../quoted.ts';
import { thousands } from '../../thousands.ts';
import type { CallFlags } from '../client-commands.ts';
import { addCallOptions, addConnectionOptions } from '../connection.ts';
import { levelOption, type ReadLevelFlag } from '../level-option.ts';
import { runOperation } from '../run-operation.ts';
import { writeSnapshotFile } from './snapshot-file.ts';

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
    .addCommand(addConnectionOptions(addCallOptions(save)));
}

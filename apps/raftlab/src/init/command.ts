// The subcommand `init`.
import { Command, Option } from 'commander';
import type { Subcommand } from '../command-context.ts';
import { init, labs, type Lab } from './init.ts';

export const initCommand: Subcommand = ({ stdout }, exit) =>
  new Command('init')
    .description('write the skeleton of your own Raft, or of your own key/value service, into a new folder')
    .argument('<folder>', 'new or empty')
    .addOption(new Option('--lab <number>', '3: a Raft; 4: a key/value service').choices(labs).default('3'))
    .action((folder: string, { lab }: { lab: Lab }) => {
      const { files, needsInstall, firstCommand } = init(folder, lab);
      const lines = [
        `${folder} now has ${files.join(', ')}. In that folder:`,
        '',
        firstCommand,
        ...(needsInstall ? ['  npm install            # TypeScript, for the next command'] : []),
        '  npm run check          # the types',
        '',
        'README.md describes the next steps.',
      ];
      stdout.write(`${lines.join('\n')}\n`);
      exit(0);
    });

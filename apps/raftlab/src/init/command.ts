// The subcommand `init`.
import { Command } from 'commander';
import type { Subcommand } from '../command-context.ts';
import { init } from './init.ts';

export const initCommand: Subcommand = ({ stdout }, exit) =>
  new Command('init')
    .description('write the skeleton of your own Raft into a new folder')
    .argument('<folder>', 'new or empty')
    .action((folder: string) => {
      const { files, needsInstall } = init(folder);
      const lines = [
        `${folder} now has ${files.join(', ')}. In that folder:`,
        '',
        '  npm run grade -- 3A    # fails until there is a leader',
        ...(needsInstall ? ['  npm install            # TypeScript, for the next command'] : []),
        '  npm run check          # the types',
        '',
        'README.md describes the next steps.',
      ];
      stdout.write(`${lines.join('\n')}\n`);
      exit(0);
    });

// Runs the commands of docs/grade-your-own-raft.md from top to bottom: each has the output below it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { program, typeIn, withoutTime } from '../command-line.ts';
import { temporaryFolder } from '../modules.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const guide = join(root, 'docs/grade-your-own-raft.md');

test(
  'the commands of the guide have the output that it shows (UPDATE_TRANSCRIPT=1 rewrites it)',
  { timeout: 180_000 },
  async () => {
    const folder = join(temporaryFolder(), 'my-raft');
    const text = readFileSync(guide, 'utf8');
    const steps = [...text.matchAll(/```sh\n(.*?)```\n\n```text\n(.*?)```/gs)];
    let renewed = text;
    for (const [step, commands = ''] of steps) {
      const printed = await outputOf(commands.replaceAll('../my-raft', folder));
      const shown = withoutTime(printed.replaceAll(folder, '../my-raft'));
      renewed = renewed.replace(step, () => `\`\`\`sh\n${commands}\`\`\`\n\n\`\`\`text\n${shown}\`\`\``);
    }
    if (process.env['UPDATE_TRANSCRIPT'] === '1') writeFileSync(guide, renewed);
    expect(steps.length).toBeGreaterThan(3);
    expect(readFileSync(guide, 'utf8')).toBe(renewed);
  },
);

/** The output of the commands. Each block starts in the root of the repository. */
async function outputOf(commands: string): Promise<string> {
  let workingFolder = root;
  let printed = '';
  for (const command of commands.trim().split('\n')) {
    const folder = /^cd (.*)$/.exec(command)?.[1];
    if (folder !== undefined) workingFolder = folder;
    else if (workingFolder === root) printed += await typeIn(command, root);
    else printed += await typeIn(withScriptOf(workingFolder, command), workingFolder);
  }
  return printed;
}

/** The command with the words that the script in the folder's package.json puts before its own: `--impl ./raft.ts`. */
function withScriptOf(folder: string, command: string): string {
  const [, name = '', args = ''] = /^npm run (\w+) -- (.*)$/.exec(command) ?? [];
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const script = z.object({ scripts: z.object({ [name]: z.string() }) }).parse(manifest).scripts[name] ?? '';
  const [, path = '', subcommand = '', words = ''] = /^node "(.*)" (\w+) (.*)$/.exec(script) ?? [];
  expect(resolve(folder, path)).toBe(program);
  return `npm run ${subcommand} -- ${words} ${args}`;
}

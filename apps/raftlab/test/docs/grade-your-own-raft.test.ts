// Runs the commands of docs/grade-your-own-raft.md from top to bottom: each has the output below it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withoutTime } from '../command-line.ts';
import { temporaryFolder } from '../modules.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const guide = join(root, 'docs/grade-your-own-raft.md');

test(
  'the commands of the guide have the output that it shows (UPDATE_TRANSCRIPT=1 rewrites it)',
  { timeout: 180_000 },
  () => {
    const folder = join(temporaryFolder(), 'my-raft');
    const text = readFileSync(guide, 'utf8');
    const steps = /```sh\n(.*?)```\n\n```text\n(.*?)```/gs;
    const renewed = text.replaceAll(steps, (_all, commands: string) => {
      const printed = typeIn(commands.replaceAll('../my-raft', folder)).replaceAll(folder, '../my-raft');
      return `\`\`\`sh\n${commands}\`\`\`\n\n\`\`\`text\n${withoutTime(printed)}\`\`\``;
    });
    if (process.env['UPDATE_TRANSCRIPT'] === '1') writeFileSync(guide, renewed);
    expect([...text.matchAll(steps)].length).toBeGreaterThan(3);
    expect(readFileSync(guide, 'utf8')).toBe(renewed);
  },
);

/** The output of the commands. Each block starts in the root of the repository. */
function typeIn(commands: string): string {
  let workingFolder = root;
  let printed = '';
  for (const command of commands.trim().split('\n')) {
    const folder = /^cd (.*)$/.exec(command)?.[1];
    if (folder === undefined) printed += runScript(command, workingFolder);
    else workingFolder = folder;
  }
  return printed;
}

/** As npm would, without its own lines; for any exit status. */
function runScript(command: string, cwd: string): string {
  const [, name = '', args = ''] = /^npm run (grade|simulate) -- (.*)$/.exec(command) ?? [];
  if (name === '') throw new Error(`the guide has a command that this test does not know: ${command}`);
  const script = cwd === root ? `node apps/raftlab/dist/main.js ${name}` : scriptOf(cwd, name);
  return execFileSync('bash', ['-c', `${script} ${args} || true`], { cwd, encoding: 'utf8' });
}

function scriptOf(folder: string, name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return z.object({ scripts: z.object({ [name]: z.string() }) }).parse(manifest).scripts[name] ?? '';
}

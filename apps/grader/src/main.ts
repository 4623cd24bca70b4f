#!/usr/bin/env node
// The command line's two ends: words in, exit code out.
import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import { z } from 'zod';
import { parseCommand, type GradeCommand, type Terminal } from './command.ts';
import { grade, testList } from './grade.ts';
import { init, InitError } from './init/init.ts';
import { ModuleError } from './module-error.ts';
import { openWorkplace, type Workplace } from './schedule.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};
// Whoever reads our output may stop early (`| head`): that is not a failure of ours, and nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const packageJson: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { version } = z.object({ version: z.string() }).parse(packageJson);
const command = parseCommand(process.argv.slice(2), terminal, version);
if (command.kind === 'done') {
  process.exitCode = command.exitCode;
} else if (command.kind === 'list') {
  terminal.out(`${testList(command.tests).join('\n')}\n`);
} else if (command.kind === 'init') {
  process.exitCode = initFolder(command.folder);
} else {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const isTerminal = isTTY(process.stdout);
  // CI and FORCE_COLOR are no reason to put colours into a file.
  const colors = pc.createColors(isTerminal && pc.isColorSupported);
  const { signal } = interrupt;
  const workplace = await openWorkplaceOrExplain(command);
  if (workplace === undefined) {
    process.exitCode = 2;
  } else {
    const exitCode = await grade(command, { terminal, isTerminal, colors, signal, workplace });
    process.exitCode = exitCode;
    // What was interrupted still has timers and threads.
    if (exitCode === 130) process.exit();
  }
}

/** The exit status. */
function initFolder(folder: string): 0 | 2 {
  try {
    const files = init(folder);
    terminal.out(
      `${folder} has ${files.join(', ')} now. In that folder:\n\n` +
        '  npm run grade -- 3A    # fails until there is a leader\n' +
        '  npm run check          # the types\n\n' +
        'README.md says how to go on.\n',
    );
    return 0;
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    terminal.error(`error: ${error.message}\n`);
    return 2;
  }
}

/** Undefined, with the reason told, when the module of --impl cannot be loaded. */
async function openWorkplaceOrExplain(wanted: GradeCommand): Promise<Workplace | undefined> {
  try {
    return await openWorkplace(wanted);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    terminal.error(`error: ${wanted.implementation?.path} cannot be loaded: ${error.message}\n`);
    return undefined;
  }
}

/** Node leaves isTTY out, against its own types, where there is no terminal. */
function isTTY(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}

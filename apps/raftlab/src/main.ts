#!/usr/bin/env node
// The command line's two ends: words in, exit code out.
import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import { z } from 'zod';
import { parseCommand, type GradeCommand, type Terminal } from './grade/command.ts';
import { grade, testList } from './grade/grade.ts';
import { init, InitError } from './init/init.ts';
import { ModuleError } from './modules/module-error.ts';
import { OutsideEnd } from './exit-signals.ts';
import { screenOf } from './grade/reporters/live-view.ts';
import { ReportFileError } from './grade/reporters/report-file.ts';
import { TraceFileError } from './traces/trace-file-error.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};
const outsideEnd = new OutsideEnd();

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
  outsideEnd.takeInterrupts();
  outsideEnd.exit(await gradeOrExplain(command));
}

async function gradeOrExplain(wanted: GradeCommand): Promise<number> {
  const { signal } = outsideEnd;
  const isTerminal = isTTY(process.stdout);
  try {
    return await grade(wanted, {
      terminal,
      screen: screenOf(process, wanted.reporters),
      // CI and FORCE_COLOR are no reason to put colours into a file.
      colors: pc.createColors(isTerminal && pc.isColorSupported),
      columns: isTerminal ? process.stdout.columns : undefined,
      signal,
    });
  } catch (error) {
    if (error instanceof ModuleError) {
      terminal.error(`error: ${wanted.implementation?.path} cannot be loaded: ${error.message}\n`);
    } else if (error instanceof ReportFileError || error instanceof TraceFileError) {
      terminal.error(`error: ${error.message}\n`);
    } else {
      throw error;
    }
    return 2;
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

/** Node leaves isTTY out, against its own types, where there is no terminal. */
function isTTY(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}

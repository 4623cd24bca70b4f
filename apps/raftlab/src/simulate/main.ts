#!/usr/bin/env node
// The simulate command's two ends: words in, exit code out.
import pc from 'picocolors';
import { parseSimulateCommand } from './command.ts';
import { replay, runSimulation } from './simulate.ts';
import type { Terminal } from '../grade/command.ts';
import { ModuleError } from '../modules/module-error.ts';
import { OutsideEnd } from '../exit-signals.ts';
import { TraceFileError } from '../traces/trace-file-error.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};
const outsideEnd = new OutsideEnd();

// A terminal may say that it has no columns, when nobody has told it how wide it is: nothing can be drawn on it.
const { isTTY, columns } = process.stdout as { readonly isTTY?: boolean; readonly columns?: number };
const isTerminal = isTTY === true && columns !== 0;
const look = {
  width: isTerminal ? columns : undefined,
  hasColors: isTerminal && pc.isColorSupported,
};
const command = parseSimulateCommand(process.argv.slice(2), terminal);
switch (command.kind) {
  case 'done':
    process.exitCode = command.exitCode;
    break;
  case 'replay':
    outsideEnd.exit(await orExplain(replay(command, { terminal, look })));
    break;
  case 'simulate': {
    outsideEnd.takeInterrupts();
    const { signal } = outsideEnd;
    outsideEnd.exit(await orExplain(runSimulation(command, { terminal, isTerminal, signal, look })));
    break;
  }
}

/** The exit status. */
async function orExplain(running: Promise<number>): Promise<number> {
  try {
    return await running;
  } catch (error) {
    if (error instanceof ModuleError)
      terminal.error(`error: the service cannot be loaded: ${error.message}\n`);
    else if (error instanceof TraceFileError) terminal.error(`error: ${error.message}\n`);
    else throw error;
    return 2;
  }
}

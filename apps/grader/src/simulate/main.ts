#!/usr/bin/env node
// The simulate command's two ends: words in, exit code out.
import { parseSimulateCommand } from './command.ts';
import { replay, runSimulation } from './simulate.ts';
import type { Terminal } from '../command.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const command = parseSimulateCommand(process.argv.slice(2), terminal);
switch (command.kind) {
  case 'done':
    process.exitCode = command.exitCode;
    break;
  case 'replay':
    process.exitCode = await replay(command, terminal);
    break;
  case 'simulate': {
    const interrupt = new AbortController();
    process.once('SIGINT', () => interrupt.abort());
    const isTerminal = (process.stdout as { readonly isTTY?: boolean }).isTTY === true;
    process.exitCode = await runSimulation(command, { terminal, isTerminal, signal: interrupt.signal });
    break;
  }
}

#!/usr/bin/env node
// The command `grade`: argv in, exit code out. Everything else is in the modules that this one calls.
import { asError } from './crash-report.ts';
import { parseCommand } from './command.ts';
import { Console } from './console.ts';
import { grade } from './grade.ts';
import { readVersion } from './version.ts';

const terminal = new Console();
process.on('uncaughtException', (error) => {
  // While a test runs in this thread, an uncaught error fails that test.
  if (process.listenerCount('uncaughtException') === 1) giveUp(error);
});
try {
  terminal.exit(await main());
} catch (error) {
  giveUp(error);
}

async function main(): Promise<number> {
  const parsed = parseCommand(process.argv.slice(2), readVersion());
  if (parsed.kind === 'command') return grade(parsed.command, terminal);
  if (parsed.exitCode === 0) terminal.print(parsed.text);
  else terminal.complain(parsed.text);
  return parsed.exitCode;
}

function giveUp(error: unknown): void {
  const { name, message } = asError(error);
  terminal.complain(`error: the grader itself has failed: ${name}: ${message}`);
  terminal.exit(1);
}

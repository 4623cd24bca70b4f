#!/usr/bin/env -S node --min-semi-space-size=32 --max-semi-space-size=32
// The program: connects the command line to this process.
import { runCommandLine } from './command-line.ts';
import { ExitSignals } from './exit-signals.ts';
import { endWithParent } from './kv/up/parent-watch.ts';

const exitSignals = new ExitSignals();
const { stdout, stderr, env } = process;
const exitCode = await runCommandLine(process.argv.slice(2), {
  // Not before a command needs it: on some systems it can be opened only once.
  get stdin() {
    return process.stdin;
  },
  stdout,
  stderr,
  env,
  signal: exitSignals.signal,
  handleInterrupts: () => exitSignals.handleInterrupts(),
  handleTermination() {
    exitSignals.handleTermination();
    endWithParent();
  },
});
exitSignals.exit(exitCode);

// The subcommand `kv bench`: a short load on a cluster, and its figures.
import { Random, SystemClock } from '@raftlab/runtime';
import { Command, InvalidArgumentError } from 'commander';
import { terminalOf, type CommandContext, type ExitCode } from '../../command-context.ts';
import { wholeNumber } from '../../option-values.ts';
import { thousands } from '../../thousands.ts';
import type { CallFlags } from '../client-commands.ts';
import { addCallOptions, addConnectionOptions, connectAs, type ConnectionFlags } from '../connection.ts';
import { print, type Outcome } from '../outcome.ts';
import type { Latencies } from './latencies.ts';
import { runLoad, type Load, type LoadReport } from './load.ts';

type BenchFlags = CallFlags & ConnectionFlags & Load;

const inFlightMax = 4096;
const secondsMax = 3600;
/** Below the longest command that servers accept by default. */
const valueMaxBytes = 1_000_000;
const keysMax = 10_000_000;

export function benchCommand(context: CommandContext, exit: (code: ExitCode) => void): Command {
  const command = new Command('bench')
    .description(
      'Puts a load on the cluster, and prints operations per second and latencies. Leaves keys that begin with bench/.',
    )
    .option('--in-flight <count>', 'operations in flight', wholeNumber(1, inFlightMax), 64)
    .option('--seconds <count>', 'how long', wholeNumber(1, secondsMax), 10)
    .option('--value-bytes <count>', 'length of each value', wholeNumber(0, valueMaxBytes), 128)
    .option('--read-share <share>', 'how many of the operations read, from 0 to 1', shareOf, 0.5)
    .option('--keys <count>', 'how many keys', wholeNumber(1, keysMax), 10_000)
    .allowExcessArguments(false)
    .action(async (flags: BenchFlags) => exit(await bench(flags, context)));
  return addConnectionOptions(addCallOptions(command));
}

function shareOf(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1))
    throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return share;
}

async function bench(flags: BenchFlags, context: CommandContext): Promise<0 | 1> {
  context.handleInterrupts();
  const clock = new SystemClock();
  const random = Random.fromSeed(`${process.pid} ${clock.now()}`);
  const { sessionsMax } = await import('@raftlab/kv-client');
  // Keys share sessions by their hash: with several times as many, a command seldom waits for another one.
  const sessions = Math.min(sessionsMax, 4 * flags.inFlight);
  const client = await connectAs(flags, context.env, { sessions, deadlineMs: flags.timeoutMs });
  try {
    const report = await runLoad(client, flags, { clock, random, signal: context.signal });
    return print(outcomeOf(flags, report), flags.json, terminalOf(context));
  } finally {
    client.close();
  }
}

function outcomeOf(load: Load, report: LoadReport): Outcome {
  const failed = [...report.failures.values()].reduce((sum, count) => sum + count, 0);
  const rows = (
    [
      ['writes', report.writes],
      ['reads', report.reads],
    ] as const
  ).map(([name, latencies]) => ({
    name,
    ...figuresOf(latencies, report.elapsedSeconds),
  }));
  const lines = rows
    .filter(({ count }) => count > 0)
    .map(({ name, perSecond, p50Ms, p99Ms }) => {
      const rate = `${thousands(Math.round(perSecond))}/s`;
      return `${name.padEnd(8)}${rate.padEnd(12)}p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms`;
    });
  const causes = [...report.failures].map(([name, count]) => `${count} × ${name}`).join(', ');
  return {
    text: [describe(load), ...lines].join('\n'),
    problem: failed === 0 ? undefined : `${failed} operations failed: ${causes}`,
    document: {
      ...loadOf(load),
      elapsedSeconds: report.elapsedSeconds,
      rows,
      failures: Object.fromEntries(report.failures),
    },
  };
}

function figuresOf(latencies: Latencies, seconds: number) {
  const { count } = latencies;
  return {
    count,
    perSecond: count / seconds,
    p50Ms: latencies.quantile(0.5),
    p99Ms: latencies.quantile(0.99),
  };
}

function loadOf({ inFlight, seconds, valueBytes, readShare, keys }: Load): Load {
  return { inFlight, seconds, valueBytes, readShare, keys };
}

function describe({ inFlight, seconds, valueBytes, readShare, keys }: Load): string {
  const share = `${Math.round(100 * readShare)} % reads`;
  return `${thousands(inFlight)} in flight, ${seconds} s, values of ${thousands(valueBytes)} bytes, ${thousands(keys)} keys, ${share}`;
}

// The subcommand `grade`: its options, and how it is composed.
import type { GradedTest } from '@raftlab/test-harness';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { terminalOf, type CommandContext, type ExitCode, type Subcommand } from '../command-context.ts';
import { initCommand } from '../init/command.ts';
import { addLogOptions } from '../log/log-choice.ts';
import { traceFile, wholeNumber } from '../option-values.ts';
import { shardOf, wholeSeries } from '../shard.ts';
import { defaultTraceFolder } from '../traces/trace-choice.ts';
import { version } from '../version.ts';
import { reporterOption } from './reporters/choice.ts';
import { defaultTimeLimitSeconds, gradeRequest, type GradeFlags, type GradeRequest } from './request.ts';
import { selectTests } from './select-tests.ts';
import { storageNames } from './storages.ts';
import { allTests, defaultTests, partIds, suiteTitles } from './suites.ts';

const maxRuns = 1_000_000;
const maxJobs = 64;
const maxTimeLimitSeconds = 86_400;

export const gradeCommand: Subcommand = (context, exit) => {
  const command = new Command('grade')
    .description(`Grades Raft by the tests of ${suiteTitles}, in virtual time without --real.`)
    .argument(
      '[part or test...]',
      `parts (${partIds}) or tests (TestBackup3B, backup, rsm.basic); those of Lab 3 without any`,
    )
    .version(version)
    .addHelpText('after', '\nExit status: 0 all tests passed, 1 a test failed, 2 the command was invalid.')
    .action(async (words: readonly string[], flags: GradeFlags) => {
      if (flags.list === true) {
        context.stdout.write(`${testList(selectTests(words, allTests, defaultTests)).join('\n')}\n`);
        exit(0);
        return;
      }
      const isStorageGiven = command.getOptionValueSource('storage') === 'cli';
      exit(await run(gradeRequest(words, flags, { isStorageGiven }), context));
    })
    // `npm run grade -- init <folder>` in a checkout.
    .addCommand(initCommand(context, exit));
  return addLogOptions(addOptions(command), 'each test');
};

function addOptions(command: Command): Command {
  const { virtual, real } = defaultTimeLimitSeconds;
  return command
    .option('--real', 'real time, as in the lab: one test after another, or --jobs in parallel')
    .addOption(
      new Option(
        '--storage <name>',
        'the storage of the servers: memory that is durable at once, a slow disk, or a write-ahead log on simulated files',
      )
        .choices(storageNames)
        .default('memory'),
    )
    .option(
      '--seed <number>',
      'the seed of all random numbers; without it one is drawn and printed',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--runs <count>',
      'run everything this many times, with seeds that count up',
      wholeNumber(1, maxRuns),
      1,
    )
    .addOption(
      new Option(
        '--shard <index/count>',
        'run only this part of the series, such as 2/5; raftlab merge joins the JSON reports',
      )
        .argParser(shardOf)
        .default(wholeSeries, 'all of them'),
    )
    .option(
      '--jobs <count>',
      'virtual: worker threads; real: parallel tests in this process',
      wholeNumber(1, maxJobs),
      1,
    )
    .addOption(reporterOption())
    .option('--compare-lab', "compare RPCs, bytes and times with the course page's")
    .option(
      '--impl <file>',
      'grade this module: TypeScript or JavaScript that exports make, a Raft, or startKVServer and makeClerk, or all',
    )
    .addOption(
      new Option(
        '--raft <whose>',
        "with --impl and 4A, 4B: the service runs on the module's own Raft, or on ours",
      ).choices(['own', 'ours']),
    )
    .option(
      '--time-limit <seconds>',
      `with --impl: real time after which a test fails (${virtual}, with --real ${real})`,
      wholeNumber(1, maxTimeLimitSeconds),
    )
    .option(
      '--trace <file>',
      'write the events: a page (.html) or its data (.json); with several tests, one for each',
      traceFile,
    )
    .option('--no-trace', 'write no pages of failed tests')
    .option('--trace-dir <folder>', 'where pages of failed tests go', defaultTraceFolder)
    .option('--list', 'list the tests and exit');
}

async function run(request: GradeRequest, context: CommandContext): Promise<ExitCode> {
  context.handleInterrupts();
  const { stdout, signal } = context;
  // Imported only here because most commands end earlier: the help, an invalid option, another subcommand.
  const [{ grade }, { screenOf }] = await Promise.all([
    import('./grade.ts'),
    import('./reporters/live-view.ts'),
  ]);
  const isTerminal = stdout.isTTY === true;
  return grade(request, {
    terminal: terminalOf(context),
    screen: screenOf(context, request.reporters),
    // CI and FORCE_COLOR must not put colours into a file.
    colors: pc.createColors(isTerminal && pc.isColorSupported),
    columns: isTerminal ? stdout.columns : undefined,
    signal,
  });
}

/** The output of --list. */
function testList(tests: readonly GradedTest[]): string[] {
  const width = Math.max(...tests.map(({ id }) => id.length));
  return tests.map(
    ({ id, part, servers, title }) => `${part}  ${id.padEnd(width)}  ${servers} servers  ${title}`,
  );
}

// The subcommand `simulate`: its options, and how it is composed.
import {
  conditionNames,
  faultFamilies,
  learnersMax,
  schedules,
  serverCounts,
  storageKinds,
  type ConditionName,
  type FaultFamily,
} from '@raftlab/simulation';
import { Command, InvalidArgumentError, Option } from 'commander';
import pc from 'picocolors';
import { terminalOf, type CommandContext, type ExitCode, type Subcommand } from '../command-context.ts';
import { addLogOptions } from '../log/log-choice.ts';
import { positiveNumber, traceFile, wholeNumber } from '../option-values.ts';
import { shardOf, wholeSeries } from '../shard.ts';
import { defaultRuns, simulateRequest, type SimulateFlags } from './request.ts';

export const simulateCommand: Subcommand = (context, exit) => {
  const command = new Command('simulate')
    .description(
      'Runs Raft under random faults in virtual time, with every invariant checked after every event.',
    )
    .allowExcessArguments(false)
    .addHelpText('after', '\nExit status: 0 no property was violated, 1 one was, 2 the command was invalid.')
    .action(async (flags: SimulateFlags) => exit(await run(flags, context)));
  return addLogOptions(addOptions(command), 'the run');
};

function addOptions(command: Command): Command {
  return command
    .option(
      '--seed <number>',
      'of the first run; run k has the seed + k',
      wholeNumber(0, Number.MAX_SAFE_INTEGER - 1_000_000_000),
    )
    .addOption(
      new Option('--runs <count>', `how many runs (default: ${defaultRuns})`)
        .argParser(wholeNumber(1, 1_000_000_000))
        .conflicts('minutes'),
    )
    .option('--minutes <count>', 'run for this long instead, such as 0.5', positiveNumber(10_000))
    .option('--jobs <count>', 'worker threads', wholeNumber(1, 64), 1)
    .addOption(
      new Option('--shard <index/count>', 'only these of the runs, such as 2/5: on other machines the others')
        .argParser(shardOf)
        .default(wholeSeries, 'all of them'),
    )
    .addOption(new Option('--servers <count>', 'instead of a drawn number').choices(serverCounts.map(String)))
    .option('--learners <count>', 'how many of the servers are learners', wholeNumber(0, learnersMax))
    .addOption(new Option('--schedule <name>', 'instead of a drawn one').choices(schedules))
    .option(
      '--without <faults>',
      `leave out of every run: ${faultFamilies.join(', ')}; several with commas`,
      familiesOf,
    )
    .option(
      '--with <conditions>',
      `have these in every run: ${conditionNames.join(', ')}; several with commas`,
      conditionsOf,
    )
    .addOption(
      new Option(
        '--storage <name>',
        'what the servers store their state on: memory (default), or a write-ahead log on simulated files, where each crash ' +
          'is one of the process or a power failure',
      ).choices(storageKinds),
    )
    .option('--reference', 'compare every step with a second Raft, made from the paper: four times slower')
    .option(
      '--service <name>',
      'simulate this service on top of Raft: kv, our key/value service, whose clients must see a linearizable history; or a file: ' +
        'a module that exports workload, and may export make',
    )
    .addOption(
      new Option(
        '--impl <file>',
        'simulate this Raft of your own, from outside: a module that exports make, as for grade --impl',
      ).conflicts(['service', 'reference', 'learners', 'with', 'storage']),
    )
    .option('--save <folder>', 'where failing runs are written, shrunk', 'failing-runs')
    .addOption(
      new Option('--replay <file>', 'replay a failing run from its file').conflicts([
        'seed',
        'runs',
        'minutes',
        'servers',
        'learners',
        'schedule',
        'without',
        'with',
        'storage',
      ]),
    )
    .option('--trace <file>', 'write the events of each run: a page (.html) or its data (.json)', traceFile);
}

async function run(flags: SimulateFlags, context: CommandContext): Promise<ExitCode> {
  const request = simulateRequest(flags);
  const { stdout, stderr, signal } = context;
  // A terminal of unknown width reports 0 columns: nothing can be drawn on it.
  const isTerminal = stdout.isTTY === true && stdout.columns !== 0;
  const logStyle = {
    width: isTerminal ? stdout.columns : undefined,
    hasColors: isTerminal && pc.isColorSupported,
  };
  const terminal = terminalOf(context);
  // Imported only here because most commands end earlier: the help, an invalid option, another subcommand.
  if (request.kind === 'replay') {
    const { replay } = await import('./replay.ts');
    return replay(request, { terminal, logStyle });
  }
  const { runSimulation } = await import('./simulate.ts');
  context.handleInterrupts();
  return runSimulation(request, { terminal, screen: isTerminal ? stderr : undefined, signal, logStyle });
}

function familiesOf(text: string): FaultFamily[] {
  return namesOf(text, faultFamilies, 'a family of faults');
}

function conditionsOf(text: string): ConditionName[] {
  return namesOf(text, conditionNames, 'a condition');
}

function namesOf<Name extends string>(text: string, names: readonly Name[], what: string): Name[] {
  return text.split(',').map((word) => {
    const found = names.find((candidate) => candidate === word.trim());
    if (found === undefined)
      throw new InvalidArgumentError(`"${word}" is not ${what}; they are ${names.join(', ')}.`);
    return found;
  });
}

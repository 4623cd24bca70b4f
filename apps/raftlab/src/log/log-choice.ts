// The options of the command line about the log.
import { InvalidArgumentError, type Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { logTopics, quietTopics, type LogTopic } from './log-topics.ts';

/** The content of the log: all servers, and all topics except the quiet ones, unless servers or topics are selected. */
export interface LogChoice {
  readonly servers?: readonly number[];
  readonly topics?: readonly LogTopic[];
}

export interface LogFlags {
  readonly log?: true;
  readonly logServers?: readonly number[];
  readonly logTopics?: readonly LogTopic[];
}

/** `what` names the logged thing in the help. */
export function addLogOptions(program: Command, what: string): Command {
  return program
    .option('--log', `print the events of ${what}, in a column per server`)
    .option('--log-servers <numbers>', 'with --log: only these servers, such as 0,2', serverNumbers)
    .option(
      '--log-topics <names>',
      `with --log: only these of ${logTopics.join(', ')}; all but ${quietTopics.join(' and ')} without it`,
      topicNames,
    );
}

/** Throws CommandError if the options contradict each other: a log shows one run. */
export function logChoice(
  { log, logServers, logTopics: topics }: LogFlags,
  { runs, servers }: { runs: number; servers: number },
): { readonly log?: LogChoice } {
  if (log === undefined) {
    if (logServers === undefined && topics === undefined) return {};
    throw new CommandError('--log-servers and --log-topics choose what --log prints; give --log too.');
  }
  if (runs > 1) throw new CommandError('--log shows one run, so --runs must be 1; name a --seed.');
  const missing = logServers?.find((server) => server >= servers);
  if (missing !== undefined)
    throw new CommandError(`--log-servers: there is no server ${missing}; they are 0 to ${servers - 1}.`);
  return {
    log: {
      ...(logServers !== undefined && { servers: logServers }),
      ...(topics !== undefined && { topics }),
    },
  };
}

function serverNumbers(text: string): number[] {
  return text.split(',').map((word) => {
    if (/^\d$/.test(word.trim())) return Number(word);
    throw new InvalidArgumentError(`"${word}" is not a server; they are numbered from 0.`);
  });
}

function topicNames(text: string): LogTopic[] {
  return text.split(',').map((word) => {
    const topic = logTopics.find((candidate) => candidate === word.trim());
    if (topic !== undefined) return topic;
    throw new InvalidArgumentError(`"${word}" is not a topic; topics are ${logTopics.join(', ')}.`);
  });
}

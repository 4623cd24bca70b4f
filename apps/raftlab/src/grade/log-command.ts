// The command that prints the log of a failed test, limited to the topics of its failure.
import type { FailureReport } from '@raftlab/test-harness';
import type { LogTopic } from '../log/log-topics.ts';

const aboutElections: readonly LogTopic[] = ['test', 'server', 'link', 'vote', 'term', 'role'];
const aboutLogs: readonly LogTopic[] = [
  'test',
  'server',
  'link',
  'append',
  'snapshot',
  'term',
  'role',
  'log',
  'commit',
  'propose',
  'apply',
];

/** `replay` is the command that repeats the test. */
export function logCommand(failure: Pick<FailureReport, 'message'>, replay: string): string {
  const topics = topicsOf(failure.message);
  return `${replay} --log${topics === undefined ? '' : ` --log-topics ${topics.join(',')}`}`;
}

/** Undefined if the message does not allow to leave out a topic. */
function topicsOf(message: string): readonly LogTopic[] | undefined {
  const [headline = ''] = message.split('\n');
  if (/agreement|appl|commit|index|snapshot|log/i.test(headline)) return aboutLogs;
  return /leader|term|vote|election/i.test(headline) ? aboutElections : undefined;
}

// Events of a recorded run as text, each with its topic and the server in whose column it is printed.
import type { LogChange, MessageFields, StateChange, TraceEvent } from '@raftlab/trace';
import type { LogTopic } from './log-topics.ts';

export interface LogLine {
  readonly topic: LogTopic;
  /** Undefined for the whole run. */
  readonly server?: number;
  readonly text: string;
  /** A loss or a failure. */
  readonly isBad?: true;
}

type Message = Extract<TraceEvent, { kind: 'send' }>;

/** Takes events in order: the fields of an arriving message are known from its sending. */
export class EventWords {
  readonly #underWay = new Map<number, Message>();
  readonly #isShown: (server: number) => boolean;

  /** The fields of a message are printed where it is sent, or where it arrives if its sender is not shown. */
  constructor(isShown: (server: number) => boolean) {
    this.#isShown = isShown;
  }

  linesOf(event: TraceEvent): LogLine[] {
    switch (event.kind) {
      case 'start':
        return [{ topic: 'server', server: event.server, text: 'starts' }];
      case 'crash':
        return [{ topic: 'server', server: event.server, text: 'crashes' }];
      case 'pause':
        return [{ topic: 'server', server: event.server, text: 'stalls' }];
      case 'resume':
        return [{ topic: 'server', server: event.server, text: 'goes on' }];
      case 'connect':
      case 'disconnect':
        return [{ topic: 'link', server: event.server, text: `${event.kind}ed` }];
      case 'cut':
        return [{ topic: 'link', server: event.from, text: `link to ${event.to} is cut` }];
      case 'join':
        return [{ topic: 'link', server: event.from, text: `link to ${event.to} is joined` }];
      case 'network':
        return [{ topic: 'link', text: `the network is ${event.text}` }];
      case 'send':
        this.#underWay.set(event.id, event);
        return [lineOf(event, event.from, `→${event.to} ${nameOf(event)}${fieldsOf(event)}`)];
      case 'receive': {
        const message = this.#take(event.id);
        if (message === undefined) return [];
        const fields = this.#isShown(message.from) ? '' : fieldsOf(message);
        return [lineOf(message, message.to, `←${message.from} ${nameOf(message)}${fields}`)];
      }
      case 'lose': {
        const message = this.#take(event.id);
        if (message === undefined) return [];
        const text = `✕${message.to} ${nameOf(message)}: ${event.why}`;
        return [{ ...lineOf(message, message.from, text), isBad: true }];
      }
      case 'state':
        return stateLines(event.server, event);
      case 'propose': {
        const { server, command, index } = event;
        const text = index === undefined ? `refuses ${command}` : `accepts ${command} at ${index}`;
        return [{ topic: 'propose', server, text }];
      }
      case 'apply': {
        const { server, index, command, isNoop } = event;
        if (isNoop === true) return [{ topic: 'apply', server, text: `applies ${index}: a noop` }];
        return command === undefined
          ? [{ topic: 'snapshot', server, text: `installs the snapshot up to ${index}` }]
          : [{ topic: 'apply', server, text: `applies ${index}: ${command}` }];
      }
      case 'call':
        return [{ topic: 'operation', text: `client ${event.client} calls ${event.text} (#${event.id})` }];
      case 'return':
        return [{ topic: 'operation', text: `#${event.id} returns ${event.text}` }];
      case 'unplaced':
        return [{ topic: 'test', text: `no order contains #${event.ids.join(', #')}`, isBad: true }];
      case 'step':
        return [{ topic: 'test', text: event.text }];
      case 'warning':
        return [{ topic: 'test', text: `warning: ${event.text}` }];
      case 'log':
        return [{ topic: 'own', server: event.server, text: `${event.topic}: ${event.text}` }];
      case 'failure':
        return [
          {
            topic: 'test',
            text: `FAILED${event.server === undefined ? '' : ` at server ${event.server}`}: ${event.name}: ${event.message}`,
            isBad: true,
          },
        ];
    }
  }

  #take(id: number): Message | undefined {
    const message = this.#underWay.get(id);
    this.#underWay.delete(id);
    return message;
  }
}

function lineOf({ name }: Message, server: number, text: string): LogLine {
  return { topic: topicOf(name), server, text };
}

/** An implementation chooses its own names; the paper's and similar names are recognized. */
function topicOf(name: string): LogTopic {
  if (/vote/i.test(name)) return 'vote';
  if (/append/i.test(name)) return 'append';
  return /snapshot/i.test(name) ? 'snapshot' : 'message';
}

function nameOf({ name, isReply }: Message): string {
  return isReply ? `${name} reply` : name;
}

/** Without the sender, which the arrow shows. */
function fieldsOf({ fields, from, isReply }: Message): string {
  const words = Object.entries(fields)
    .filter(([name, value]) => isReply || !(name.endsWith('Id') && value === from))
    .map(([name, value]: [string, MessageFields[string]]) => ` ${name} ${value}`);
  return words.join(',');
}

function stateLines(server: number, change: StateChange): LogLine[] {
  const { role, term, votedFor, commitIndex, lastIncludedIndex, lastIncludedTerm, log, progress } = change;
  const lines: LogLine[] = [];
  const add = (topic: LogTopic, text: string): void => void lines.push({ topic, server, text });
  const vote = votedFor === undefined ? [] : [votedFor === null ? 'no vote' : `vote for ${votedFor}`];
  const ofTerm = [...(term === undefined ? [] : [`term ${term}`]), ...vote];
  if (ofTerm.length > 0) add('term', ofTerm.join(', '));
  if (role !== undefined) add('role', `is ${role}`);
  if (lastIncludedIndex !== undefined && lastIncludedIndex > 0) {
    const ofEntry = lastIncludedTerm === undefined ? '' : `, term ${lastIncludedTerm}`;
    add('snapshot', `has a snapshot up to ${lastIncludedIndex}${ofEntry}`);
  }
  if (log !== undefined) add('log', logText(log));
  if (commitIndex !== undefined) add('commit', `commitIndex ${commitIndex}`);
  if (progress !== undefined) {
    const followers = progress.map(
      ({ server: follower, nextIndex, matchIndex }) =>
        `${follower}: nextIndex ${nextIndex}, matchIndex ${matchIndex}`,
    );
    add('progress', followers.join('; '));
  }
  return lines;
}

/** `log 5: term 2 (3)`: from index 5 on three entries of term 2. */
function logText({ firstIndex, terms }: LogChange): string {
  if (terms.length === 0) return `log ends before ${firstIndex}`;
  const runs = terms.map(([term, count]) => (count === 1 ? `term ${term}` : `term ${term} (${count})`));
  return `log ${firstIndex}: ${runs.join(', ')}`;
}

// Events in words: a sentence for lists, for search and for those who cannot see the picture; and every field by name.
import type { LogChange, ProgressChange, StateChange, TraceEvent } from '@raftlab/trace/form';
import type { Run } from './run.ts';

export function sentence(run: Run, offset: number): string {
  const event = run.events[offset];
  if (event === undefined) return '';
  switch (event.kind) {
    case 'start':
      return `Server ${event.server} starts`;
    case 'crash':
      return `Server ${event.server} crashes`;
    case 'pause':
      return `Server ${event.server} stalls`;
    case 'resume':
      return `Server ${event.server} goes on`;
    case 'connect':
      return `Server ${event.server} is connected`;
    case 'disconnect':
      return `Server ${event.server} is disconnected`;
    case 'cut':
      return `The link from server ${event.from} to server ${event.to} is cut`;
    case 'join':
      return `The link from server ${event.from} to server ${event.to} is joined`;
    case 'network':
      return `The network is now: ${event.text}`;
    case 'send':
      return event.isReply
        ? `Server ${event.from} replies to the ${event.name} of server ${event.to}`
        : `Server ${event.from} sends ${event.name} to server ${event.to}`;
    case 'receive':
    case 'lose':
      return endOfMessage(run, offset);
    case 'state':
      return `Server ${event.server}: ${stateInWords(event)}`;
    case 'propose': {
      const outcome = event.index === undefined ? 'not taken' : `taken at index ${event.index}`;
      return `Server ${event.server} is offered ${event.command}: ${outcome}`;
    }
    case 'apply':
      return event.command === undefined
        ? `Server ${event.server} hands its service a snapshot up to index ${event.index}`
        : `Server ${event.server} applies index ${event.index}: ${event.command}`;
    case 'step':
      return `Step: ${event.text}`;
    case 'warning':
      return `Warning: ${event.text}`;
    case 'log':
      return `Server ${event.server} writes [${event.topic}] ${event.text}`;
    case 'failure':
      return `Failure${event.server === undefined ? '' : ` at server ${event.server}`}: ${event.name}: ${event.message}`;
  }
}

function endOfMessage(run: Run, offset: number): string {
  const event = run.events[offset];
  const sent = sendingOf(run, offset);
  const fate = event?.kind === 'lose' ? `is lost: ${event.why}` : 'arrives';
  if (sent === undefined) return `A message that was sent before the trace begins ${fate}`;
  const name = sent.isReply ? `the reply to ${sent.name}` : sent.name;
  if (event?.kind === 'lose') return `${capital(name)} from server ${sent.from} to server ${sent.to} ${fate}`;
  const flight = formatDuration((event?.at ?? 0) - sent.at);
  return `Server ${sent.to} receives ${name} from server ${sent.from}, ${flight} on its way`;
}

/** The event that sent the message which this event is about. */
function sendingOf(run: Run, offset: number): (TraceEvent & { kind: 'send' }) | undefined {
  const sendOffset = run.messages.sendOffset[run.messageOf[offset] ?? -1];
  const sent = sendOffset === undefined ? undefined : run.events[sendOffset];
  return sent?.kind === 'send' ? sent : undefined;
}

function stateInWords(change: StateChange): string {
  const { role, term, votedFor, commitIndex, lastApplied, lastIncludedIndex, log, progress } = change;
  const words = [
    role,
    term === undefined ? undefined : `term ${term}`,
    votedFor === undefined ? undefined : votedFor === null ? 'no vote' : `vote for ${votedFor}`,
    log === undefined ? undefined : logInWords(log),
    commitIndex === undefined ? undefined : `commitIndex ${commitIndex}`,
    lastApplied === undefined ? undefined : `lastApplied ${lastApplied}`,
    lastIncludedIndex === undefined ? undefined : `snapshot up to ${lastIncludedIndex}`,
    progress === undefined ? undefined : progressInWords(progress),
  ].filter((word) => word !== undefined);
  return words.join(', ');
}

function logInWords({ firstIndex, terms }: LogChange): string {
  if (terms.length === 0) return `no entries from ${firstIndex} on`;
  let next = firstIndex;
  const runs = terms.map(([term, count]) => {
    const first = next;
    next += count;
    return count === 1 ? `entry ${first} of term ${term}` : `entries ${first} to ${next - 1} of term ${term}`;
  });
  return runs.join(', ');
}

function progressInWords(progress: readonly ProgressChange[]): string {
  return progress
    .map(({ server, nextIndex, matchIndex }) => {
      return `nextIndex[${server}] ${nextIndex}, matchIndex[${server}] ${matchIndex}`;
    })
    .join(', ');
}

export interface Field {
  readonly name: string;
  readonly value: string;
}

/** Everything that the trace says of an event, and of the message that it is about. */
export function fieldsOf(run: Run, offset: number): Field[] {
  const event = run.events[offset];
  if (event === undefined) return [];
  const sent = sendingOf(run, offset);
  const { kind: _kind, at, ...rest } = event;
  const plain = Object.entries(rest).flatMap(([name, value]: [string, unknown]): Field[] => {
    if (name === 'fields' || name === 'log' || name === 'progress' || value === undefined) return [];
    return [{ name, value: inWords(value) }];
  });
  plain.unshift({ name: 'at', value: `${Number(at.toFixed(6))} ms` });
  if (event.kind === 'state') {
    const { log, progress } = event;
    if (log !== undefined) plain.push({ name: 'log', value: logInWords(log) });
    if (progress !== undefined) plain.push({ name: 'progress', value: progressInWords(progress) });
  }
  const message = Object.entries(sent?.fields ?? {}).map(([name, value]) => ({
    name,
    value: inWords(value),
  }));
  return [...plain, ...message];
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'none';
  return JSON.stringify(value);
}

/** `0.4 ms`, `12.3 ms`, `2.05 s` */
export function formatDuration(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(3))} s`;
  return `${Number(ms.toFixed(ms < 10 ? 3 : 1))} ms`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

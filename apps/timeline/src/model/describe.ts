// Events in words: a sentence for lists, search and screen readers, and every field by name.
import type { LogChange, ProgressChange, StateChange, TraceEvent } from '@raftlab/trace/form';
import type { Run } from './run.ts';

/** The event at this offset as a sentence. Empty when there is no such event. */
export function describeEvent(run: Run, offset: number): string {
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
      return `Server ${event.server} resumes`;
    case 'connect':
      return `Server ${event.server} is connected`;
    case 'disconnect':
      return `Server ${event.server} is disconnected`;
    case 'cut':
      return `The link from server ${event.from} to server ${event.to} is cut`;
    case 'join':
      return `The link from server ${event.from} to server ${event.to} is restored`;
    case 'network':
      return `The network is now: ${event.text}`;
    case 'send':
      return event.isReply
        ? `Server ${event.from} replies to the ${event.name} of server ${event.to}`
        : `Server ${event.from} sends ${event.name} to server ${event.to}`;
    case 'receive':
    case 'lose':
      return describeMessageEnd(run, offset);
    case 'state':
      return `Server ${event.server}: ${describeState(event)}`;
    case 'propose': {
      return event.index === undefined
        ? `Server ${event.server} rejects the proposal ${event.command}`
        : `Server ${event.server} accepts the proposal ${event.command} at index ${event.index}`;
    }
    case 'apply':
      if (event.isNoop === true) return `Server ${event.server} applies index ${event.index}: a noop`;
      return event.command === undefined
        ? `Server ${event.server} applies a snapshot up to index ${event.index}`
        : `Server ${event.server} applies index ${event.index}: ${event.command}`;
    case 'call':
      return `Client ${event.client} calls ${event.text}`;
    case 'return':
      return `An operation returns ${event.text}`;
    case 'unplaced':
      return `No order of the operations contains ${event.ids.length} of them`;
    case 'step':
      return `Step: ${event.text}`;
    case 'warning':
      return `Warning: ${event.text}`;
    case 'log':
      return `Server ${event.server} logs [${event.topic}] ${event.text}`;
    case 'failure':
      return `Failure${event.server === undefined ? '' : ` at server ${event.server}`}: ${event.name}`;
  }
}

function describeMessageEnd(run: Run, offset: number): string {
  const event = run.events[offset];
  const sent = sendingOf(run, offset);
  const fate = event?.kind === 'lose' ? `is lost: ${event.why}` : 'arrives';
  if (sent === undefined) return `A message that was sent before the first recorded event ${fate}`;
  const name = sent.isReply ? `the reply to ${sent.name}` : sent.name;
  if (event?.kind === 'lose') return `${capital(name)} from server ${sent.from} to server ${sent.to} ${fate}`;
  const flight = formatDuration((event?.at ?? 0) - sent.at);
  return `Server ${sent.to} receives ${name} from server ${sent.from}, ${flight} after it was sent`;
}

/** The `send` event of the message that this event belongs to. */
function sendingOf(run: Run, offset: number): (TraceEvent & { kind: 'send' }) | undefined {
  const sendOffset = run.messages.sendOffset[run.messageOf[offset] ?? -1];
  const sent = sendOffset === undefined ? undefined : run.events[sendOffset];
  return sent?.kind === 'send' ? sent : undefined;
}

function describeState(change: StateChange): string {
  const { role, term, votedFor, commitIndex, lastApplied, lastIncludedIndex, log, progress } = change;
  const words = [
    role,
    term === undefined ? undefined : `term ${term}`,
    votedFor === undefined ? undefined : votedFor === null ? 'no vote' : `vote for ${votedFor}`,
    log === undefined ? undefined : describeLog(log),
    commitIndex === undefined ? undefined : `commitIndex ${commitIndex}`,
    lastApplied === undefined ? undefined : `lastApplied ${lastApplied}`,
    lastIncludedIndex === undefined ? undefined : `snapshot up to ${lastIncludedIndex}`,
    progress === undefined ? undefined : describeProgress(progress),
  ].filter((word) => word !== undefined);
  return words.join(', ');
}

function describeLog({ firstIndex, terms }: LogChange): string {
  if (terms.length === 0) return `entries removed from index ${firstIndex}`;
  let next = firstIndex;
  const runs = terms.map(([term, count]) => {
    const first = next;
    next += count;
    return count === 1 ? `entry ${first} of term ${term}` : `entries ${first} to ${next - 1} of term ${term}`;
  });
  return runs.join(', ');
}

function describeProgress(progress: readonly ProgressChange[]): string {
  return progress
    .map(({ server, nextIndex, matchIndex }) => {
      return `nextIndex[${server}] ${nextIndex}, matchIndex[${server}] ${matchIndex}`;
    })
    .join(', ');
}

/** One field of an event, for display. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** All fields of the event at this offset, and those of the message that it belongs to. Empty when there is no such event. */
export function fieldsOf(run: Run, offset: number): Field[] {
  const event = run.events[offset];
  if (event === undefined) return [];
  const sent = sendingOf(run, offset);
  const { kind: _kind, at, ...rest } = event;
  const plain = Object.entries(rest).flatMap(([name, value]: [string, unknown]): Field[] => {
    if (name === 'fields' || name === 'log' || name === 'progress' || value === undefined) return [];
    return [{ name, value: formatValue(value) }];
  });
  plain.unshift({ name: 'at', value: `${Number(at.toFixed(6))} ms` });
  if (event.kind === 'state') {
    const { log, progress } = event;
    if (log !== undefined) plain.push({ name: 'log', value: describeLog(log) });
    if (progress !== undefined) plain.push({ name: 'progress', value: describeProgress(progress) });
  }
  const message = Object.entries(sent?.fields ?? {}).map(([name, value]) => ({
    name,
    value: formatValue(value),
  }));
  return [...plain, ...message];
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'none';
  return JSON.stringify(value);
}

/** Milliseconds as text: `0.4 ms`, `12.3 ms`, `2.05 s`. */
export function formatDuration(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(3))} s`;
  return `${Number(ms.toFixed(ms < 10 ? 3 : 1))} ms`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// The events of a recorded run that matter for its failure: the votes of a term with two leaders, the messages and proposals about an index
// at which servers disagree. Each message is one line: sender, receiver, fields, and what became of it.
import type { TraceEvent } from '@raftlab/trace';
import { EventWords } from './event-words.ts';

type Message = Extract<TraceEvent, { kind: 'send' }>;

/** At most this many lines are kept: a page shows the rest. */
const linesMax = 30;
/** Of starts, crashes and links at most this many lines. */
const faultLinesMax = 12;

/** What a failure is about. */
interface Focus {
  readonly index: number | undefined;
  readonly term: number | undefined;
  readonly isElection: boolean;
}

/** Lines, oldest first: `1234.567 ms  server 0 → server 1 RequestVote term 3, …`. `message` is that of the failure. */
export function relevantEvents(events: readonly TraceEvent[], message: string): string[] {
  const end = events.findIndex(({ kind }) => kind === 'failure');
  const before = end === -1 ? events : events.slice(0, end);
  const focus = focusOf(before, message);
  const focused = linesAbout(before, focus);
  // An index that no message is about, for example because the names of its fields are not those of the paper.
  return focused.messageCount > 0 ? focused.lines : linesAbout(before, nothing).lines;
}

const nothing: Focus = { index: undefined, term: undefined, isElection: false };

function focusOf(events: readonly TraceEvent[], message: string): Focus {
  const [headline = ''] = message.split('\n');
  const [, command] = /\bone\((.*)\) failed to reach agreement/.exec(headline) ?? [];
  // The lab does not name the index of an entry that was committed too early: nothing has been proposed after it.
  const isLast = /\bcommitted but no majority\b/.test(headline);
  const proposed = events.findLast(
    (event) => event.kind === 'propose' && (isLast || event.command === command),
  );
  const index = /(?:\bindex[ =]|out of order )(\d+)/.exec(headline)?.[1];
  const term = /\bterm (\d+)/.exec(headline)?.[1];
  const isElection = /leader|election|\bvote|\bterm\b/i.test(headline);
  return {
    index: index === undefined ? (proposed?.kind === 'propose' ? proposed.index : undefined) : Number(index),
    term: term === undefined || index !== undefined ? undefined : Number(term),
    isElection: isElection && index === undefined,
  };
}

interface Line {
  readonly at: number;
  readonly text: string;
  readonly isFault: boolean;
}

function linesAbout(events: readonly TraceEvent[], focus: Focus): { lines: string[]; messageCount: number } {
  const choice = new MessageChoice(events, focus);
  const words = new EventWords(() => true);
  const lines: Line[] = [];
  let messageCount = 0;
  for (const event of events) {
    if (event.kind === 'send') {
      if (!choice.isWanted(event)) continue;
      messageCount += 1;
      lines.push({ at: event.at, text: choice.textOf(event), isFault: false });
    } else if (event.kind !== 'receive' && event.kind !== 'lose' && isWantedEvent(event, focus)) {
      const prefix = 'server' in event && event.server !== undefined ? `server ${event.server} ` : '';
      const from = 'from' in event ? `server ${event.from}: ` : event.kind === 'step' ? 'step ' : prefix;
      const isFault = faults.has(event.kind);
      for (const { text } of words.linesOf(event))
        lines.push({ at: event.at, text: `${from}${text}`, isFault });
    }
  }
  return { lines: lastLines(lines).map(({ at, text }) => `${at.toFixed(3)} ms  ${text}`), messageCount };
}

const faults: ReadonlySet<TraceEvent['kind']> = new Set([
  'start',
  'crash',
  'pause',
  'resume',
  'connect',
  'disconnect',
  'cut',
  'join',
  'network',
]);

function isWantedEvent(event: TraceEvent, { index }: Focus): boolean {
  if (event.kind === 'propose' || event.kind === 'apply') return index === undefined || event.index === index;
  if (event.kind === 'state') {
    // About an index, a change of role matters if it makes the server accept or send entries.
    if (index !== undefined) return event.role === 'leader';
    return event.role !== undefined || event.votedFor !== undefined;
  }
  return faults.has(event.kind) || ['step', 'warning', 'log'].includes(event.kind);
}

/** Which messages are listed, and in which words. */
class MessageChoice {
  readonly #focus: Focus;
  readonly #requests = new Map<number, Message>();
  readonly #ends = new Map<number, TraceEvent>();
  /** The leaders and terms of which a heartbeat was listed. */
  readonly #leaders = new Set<string>();
  /** The number of equal messages, and the last of them. */
  readonly #equal = new Map<string, { last: Message; count: number }>();

  constructor(events: readonly TraceEvent[], focus: Focus) {
    this.#focus = focus;
    for (const event of events) {
      if (event.kind === 'send') {
        this.#requests.set(event.id, event);
        const key = keyOf(event);
        this.#equal.set(key, { last: event, count: (this.#equal.get(key)?.count ?? 0) + 1 });
      } else if (event.kind === 'receive' || event.kind === 'lose') {
        this.#ends.set(event.id, event);
      }
    }
  }

  /** Of equal messages only the last is listed. */
  isWanted(message: Message): boolean {
    return this.#isAbout(message) && this.#equal.get(keyOf(message))?.last === message;
  }

  textOf(message: Message): string {
    const { from, to, name, isReply, fields } = message;
    const list = Object.entries(fields)
      .filter(([field, value]) => isReply || !(field.endsWith('Id') && value === from))
      .map(([field, value]) => `${field} ${value}`);
    const what = `${name}${isReply ? ' reply' : ''} ${list.join(', ')}`.trimEnd();
    const count = this.#equal.get(keyOf(message))?.count ?? 1;
    return `server ${from} → server ${to} ${what}${this.#endOf(message)}${count > 1 ? ` (the last of ${count} equal ones)` : ''}`;
  }

  #endOf({ id, at }: Message): string {
    const end = this.#ends.get(id);
    if (end === undefined) return '; under way';
    if (end.kind === 'lose') return `; ${end.why}`;
    return end.at === at ? '' : `; arrives ${Number((end.at - at).toFixed(3))} ms later`;
  }

  #isAbout(message: Message): boolean {
    const { index, term, isElection } = this.#focus;
    const request =
      message.answers === undefined ? message : (this.#requests.get(message.answers) ?? message);
    const sentTerm = numberIn(request, 'term');
    if (/vote/i.test(message.name)) return index === undefined && (term === undefined || term === sentTerm);
    if (index !== undefined) return covers(request, index) || this.#isFirstOfLeader(message, sentTerm);
    if (isElection)
      return (term === undefined || term === sentTerm) && this.#isFirstOfLeader(message, sentTerm);
    return !isHeartbeat(request);
  }

  /** The first message in which a server shows that it leads a term. */
  #isFirstOfLeader({ from, name, isReply }: Message, term: number | undefined): boolean {
    if (isReply || !/append/i.test(name)) return false;
    const key = `${from} ${term}`;
    if (this.#leaders.has(key)) return false;
    this.#leaders.add(key);
    return true;
  }
}

function keyOf({ from, to, name, isReply, fields }: Message): string {
  return `${from} ${to} ${name} ${isReply} ${JSON.stringify(fields)}`;
}

/** Whether the request carries the entry at an index, or a snapshot that covers it. */
function covers(request: Message, index: number): boolean {
  const previous = numberIn(request, 'prevlogindex');
  const count = numberIn(request, 'entries');
  if (previous !== undefined && count !== undefined) return previous < index && index <= previous + count;
  return (numberIn(request, 'lastincludedindex') ?? -1) >= index;
}

function isHeartbeat(request: Message): boolean {
  return numberIn(request, 'entries') === 0;
}

/** Names are compared without regard to case: those of Go begin with capitals. */
function numberIn({ fields }: Message, name: string): number | undefined {
  const value = Object.entries(fields).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'number' ? value : undefined;
}

/** The last lines, with room for those that are not about faults. */
function lastLines(lines: readonly Line[]): Line[] {
  const faultLines = lines.filter(({ isFault }) => isFault).slice(-faultLinesMax);
  const others = lines.filter(({ isFault }) => !isFault).slice(-(linesMax - faultLines.length));
  const [first] = others;
  const kept = new Set([...faultLines.filter(({ at }) => first === undefined || at >= first.at), ...others]);
  return lines.filter((line) => kept.has(line));
}

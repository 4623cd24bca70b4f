// A recorded run, made ready for looking at: its events with columns beside them that are cheap to search and to filter,
// its messages, what each lane shows, and the states of all servers every few hundred events.
import type { ServerId } from '@raftlab/protocol';
import type { TraceEvent, TraceFile } from '@raftlab/trace/form';
import { LaneBuilder, type Lane } from './lane.ts';
import { MessageColumns, type Messages } from './messages.ts';
import { applyEvent, notStarted, type ServerState } from './server-state.ts';

export type TraceHeader = Omit<TraceFile, 'events'>;

export interface Run {
  readonly header: TraceHeader;
  readonly events: readonly TraceEvent[];
  /** When each event was. Never falls. */
  readonly times: Float64Array;
  /** Which message a `send`, `receive` or `lose` is about, by its number in `messages`; -1 for other events. */
  readonly messageOf: Int32Array;
  /** The servers that an event concerns; -1 where there is none, or no second one. */
  readonly serverOf: Int16Array;
  readonly peerOf: Int16Array;
  /** The term of the message, or of the server at the time; NaN where it is not known. */
  readonly termOf: Float64Array;
  /** By number, see `kinds`. */
  readonly kindOf: Uint16Array;
  /** The names of messages as they first occur, and the groups of other events. */
  readonly kinds: readonly Kind[];
  readonly messages: Messages;
  /** By server. */
  readonly lanes: readonly Lane[];
  /** The events that begin a step, and those that are failures. */
  readonly steps: readonly number[];
  readonly failures: readonly number[];
  /** Every so many events the states of all servers before that event: see `statesAt`. */
  readonly keyframes: ReadonlyArray<readonly ServerState[]>;
  readonly start: number;
  readonly end: number;
}

export interface Kind {
  readonly name: string;
  readonly isMessage: boolean;
}

/** How many events lie between two keyframes: seeking replays half of them on the average. */
export const keyframeInterval = 512;

/** Of a trace that contradicts itself; the message names the event. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

/** What the filter offers beside the names of messages. Steps and failures are always shown. */
const eventGroups: Readonly<Partial<Record<TraceEvent['kind'], string>>> = {
  start: 'faults',
  crash: 'faults',
  pause: 'faults',
  resume: 'faults',
  connect: 'faults',
  disconnect: 'faults',
  cut: 'faults',
  join: 'faults',
  network: 'faults',
  state: 'states',
  propose: 'proposals',
  apply: 'applied',
  log: 'log lines',
  step: 'test',
  warning: 'test',
  failure: 'test',
};

/** Takes the events in as many portions as it likes, so that a long trace need not block its reader. */
export class RunBuilder {
  readonly #header: TraceHeader;
  readonly #events: TraceEvent[] = [];
  readonly #times: Float64Array;
  readonly #messageOf: Int32Array;
  readonly #serverOf: Int16Array;
  readonly #peerOf: Int16Array;
  readonly #termOf: Float64Array;
  readonly #kindOf: Uint16Array;
  readonly #kinds: Kind[] = [];
  readonly #kindNumbers = new Map<string, number>();
  readonly #messages: MessageColumns;
  readonly #lanes: LaneBuilder[];
  readonly #states: ServerState[];
  readonly #keyframes: Array<readonly ServerState[]> = [];
  readonly #steps: number[] = [];
  readonly #failures: number[] = [];

  constructor(header: TraceHeader, eventCount: number) {
    this.#header = header;
    this.#times = new Float64Array(eventCount);
    this.#messageOf = new Int32Array(eventCount).fill(-1);
    this.#serverOf = new Int16Array(eventCount).fill(-1);
    this.#peerOf = new Int16Array(eventCount).fill(-1);
    this.#termOf = new Float64Array(eventCount).fill(Number.NaN);
    this.#kindOf = new Uint16Array(eventCount);
    this.#messages = new MessageColumns(eventCount);
    const servers = Array.from({ length: header.servers });
    this.#states = servers.map(() => notStarted);
    this.#keyframes.push([...this.#states]);
    this.#lanes = servers.map(() => new LaneBuilder());
  }

  add(events: readonly TraceEvent[]): void {
    for (const event of events) this.#addOne(event, this.#events.length);
  }

  /** Throws a TraceError when there were not as many events as was said. */
  finish(): Run {
    if (this.#events.length !== this.#times.length) {
      throw new TraceError(`It should have ${this.#times.length} events, and has ${this.#events.length}.`);
    }
    const start = this.#times[0] ?? 0;
    const end = this.#times[this.#events.length - 1] ?? 0;
    return {
      header: this.#header,
      events: this.#events,
      times: this.#times,
      messageOf: this.#messageOf,
      serverOf: this.#serverOf,
      peerOf: this.#peerOf,
      termOf: this.#termOf,
      kindOf: this.#kindOf,
      kinds: this.#kinds,
      messages: this.#messages.finish(),
      lanes: this.#lanes.map((lane) => lane.finish(end)),
      steps: this.#steps,
      failures: this.#failures,
      keyframes: this.#keyframes,
      start,
      end,
    };
  }

  #addOne(event: TraceEvent, offset: number): void {
    if (event.at < (this.#times[offset - 1] ?? Number.NEGATIVE_INFINITY)) {
      throw new TraceError(`events[${offset}] is earlier than the event before it, at ${event.at} ms.`);
    }
    if (offset > 0 && offset % keyframeInterval === 0) this.#keyframes.push([...this.#states]);
    this.#times[offset] = event.at;
    this.#events.push(event);
    if (event.kind === 'step') this.#steps.push(offset);
    if (event.kind === 'failure') this.#failures.push(offset);
    if (event.kind === 'send') return this.#addSend(event, offset);
    if (event.kind === 'receive' || event.kind === 'lose') return this.#addEnd(event, offset);
    this.#kindOf[offset] = this.#kindNumber(eventGroups[event.kind] ?? event.kind, false);
    const server = 'server' in event ? event.server : 'from' in event ? event.from : undefined;
    if (server !== undefined) this.#concern(offset, server, 'to' in event ? event.to : undefined);
    applyEvent(this.#states, event);
    if (server === undefined) return;
    const state = this.#states[server] ?? notStarted;
    this.#termOf[offset] = state.term ?? Number.NaN;
    this.#lanes[server]?.show(state, event.at);
  }

  #addSend(event: TraceEvent & { kind: 'send' }, offset: number): void {
    this.#messageOf[offset] = this.#messages.sent({ ...event, offset });
    this.#kindOf[offset] = this.#kindNumber(event.name, true);
    this.#concern(offset, event.from, event.to);
    const term = event.fields['term'];
    this.#termOf[offset] = typeof term === 'number' ? term : (this.#states[event.from]?.term ?? Number.NaN);
  }

  #addEnd(event: TraceEvent & { kind: 'receive' | 'lose' }, offset: number): void {
    const message = this.#messages.numberOf(event.id);
    this.#messageOf[offset] = message;
    if (message === -1) {
      // Its sending was among the events that are not kept.
      this.#kindOf[offset] = this.#kindNumber('messages of before', true);
      return;
    }
    this.#messages.ended(message, { at: event.at, offset, isLost: event.kind === 'lose' });
    const sendOffset = this.#messages.sendOffsetOf(message);
    this.#kindOf[offset] = this.#kindOf[sendOffset] ?? 0;
    this.#termOf[offset] = this.#termOf[sendOffset] ?? Number.NaN;
    this.#serverOf[offset] = this.#peerOf[sendOffset] ?? -1;
    this.#peerOf[offset] = this.#serverOf[sendOffset] ?? -1;
  }

  #concern(offset: number, server: ServerId, peer: ServerId | undefined): void {
    const highest = Math.max(server, peer ?? 0);
    if (highest >= this.#header.servers) {
      throw new TraceError(
        `events[${offset}] is about server ${highest}, but the run has ${this.#header.servers} servers, from 0.`,
      );
    }
    this.#serverOf[offset] = server;
    if (peer !== undefined) this.#peerOf[offset] = peer;
  }

  #kindNumber(name: string, isMessage: boolean): number {
    const known = this.#kindNumbers.get(name);
    if (known !== undefined) return known;
    const number = this.#kinds.push({ name, isMessage }) - 1;
    this.#kindNumbers.set(name, number);
    return number;
  }
}

/** The whole of a trace that is at hand as a value. */
export function makeRun({ events, ...header }: TraceFile): Run {
  const builder = new RunBuilder(header, events.length);
  builder.add(events);
  return builder.finish();
}

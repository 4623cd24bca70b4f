// A recorded run, prepared for display: its events, with columns that are fast to search and filter, its messages, the lanes,
// and the states of all servers every few hundred events.
import type { ServerId } from '@raftlab/protocol';
import type { TraceEvent, TraceFile } from '@raftlab/trace/form';
import { LaneBuilder, type Lane } from './lane.ts';
import { MessageColumns, type Messages } from './messages.ts';
import { OperationBuilder, type ClientOperations } from './operations.ts';
import { applyEvent, notStarted, type ServerState } from './server-state.ts';

/** A trace without its events. */
export type TraceHeader = Omit<TraceFile, 'events'>;

/** A run. An event is known by its offset, from 0; each column has its value at that offset. Times are milliseconds. */
export interface Run {
  readonly header: TraceHeader;
  readonly events: readonly TraceEvent[];
  /** The time of each event, ascending. */
  readonly times: Float64Array;
  /** The number in `messages` of the message of a `send`, `receive` or `lose`. -1 for other events. */
  readonly messageOf: Int32Array;
  /** The server of an event, and the other one of a message or link. -1 where there is none. */
  readonly serverOf: Int16Array;
  readonly peerOf: Int16Array;
  /** The term of the message, or the term of the server at that time. NaN where it is unknown. */
  readonly termOf: Float64Array;
  /** The offset in `kinds`. */
  readonly kindOf: Uint16Array;
  /** The names of messages and the groups of other events, in the order in which they first occur. */
  readonly kinds: readonly Kind[];
  readonly messages: Messages;
  /** By server. */
  readonly lanes: readonly Lane[];
  /** Of clients of a service; none in a run without clients. */
  readonly operations: ClientOperations;
  /** The offsets of the events that begin a step, and of those that are failures. */
  readonly steps: readonly number[];
  readonly failures: readonly number[];
  /** The states of all servers before every `keyframeInterval`-th event: see `statesAt`. */
  readonly keyframes: ReadonlyArray<readonly ServerState[]>;
  readonly start: number;
  readonly end: number;
}

/** A kind of event that the filter can hide. */
export interface Kind {
  readonly name: string;
  readonly isMessage: boolean;
}

/** The number of events between two keyframes. Seeking replays half of them on average. */
export const keyframeInterval = 512;

/** A trace that cannot be shown because it is damaged or contradicts itself. The message names the event. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

/** The kinds of the filter beside the names of messages. Those of the group `test` are always shown. */
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
  call: 'operations',
  return: 'operations',
  unplaced: 'test',
  log: 'log lines',
  step: 'test',
  warning: 'test',
  failure: 'test',
};

/** Builds a run. Events are added in parts of any size, so that reading a long trace does not block the page. */
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
  readonly #operations = new OperationBuilder();
  readonly #states: ServerState[];
  readonly #keyframes: Array<readonly ServerState[]> = [];
  readonly #steps: number[] = [];
  readonly #failures: number[] = [];

  /** @param eventCount The number of events that will be added. */
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

  /** Adds the next events. Throws TraceError when one contradicts the trace. */
  add(events: readonly TraceEvent[]): void {
    for (const event of events) this.#addOne(event, this.#events.length);
  }

  /** Returns the run. Throws TraceError when the number of events is not the announced one. */
  finish(): Run {
    if (this.#events.length !== this.#times.length) {
      throw new TraceError(`It must have ${this.#times.length} events, but has ${this.#events.length}.`);
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
      operations: this.#operations.finish(end),
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
    this.#operations.add(event);
    if (event.kind === 'step') this.#steps.push(offset);
    if (event.kind === 'failure') this.#failures.push(offset);
    if (event.kind === 'send') return this.#addSend(event, offset);
    if (event.kind === 'receive' || event.kind === 'lose') return this.#addEnd(event, offset);
    this.#kindOf[offset] = this.#kindNumber(eventGroups[event.kind] ?? event.kind, false);
    const server = 'server' in event ? event.server : 'from' in event ? event.from : undefined;
    if (server !== undefined) this.#setServers(offset, server, 'to' in event ? event.to : undefined);
    applyEvent(this.#states, event);
    if (server === undefined) return;
    const state = this.#states[server] ?? notStarted;
    this.#termOf[offset] = state.term ?? Number.NaN;
    this.#lanes[server]?.show(state, event.at);
  }

  #addSend(event: TraceEvent & { kind: 'send' }, offset: number): void {
    this.#messageOf[offset] = this.#messages.sent({ ...event, offset });
    this.#kindOf[offset] = this.#kindNumber(event.name, true);
    this.#setServers(offset, event.from, event.to);
    const term = event.fields['term'];
    const before = this.#states[event.from];
    applyEvent(this.#states, event);
    const state = this.#states[event.from];
    this.#termOf[offset] = typeof term === 'number' ? term : (state?.term ?? Number.NaN);
    if (state !== undefined && state !== before) this.#lanes[event.from]?.show(state, event.at);
  }

  #addEnd(event: TraceEvent & { kind: 'receive' | 'lose' }, offset: number): void {
    const message = this.#messages.numberOf(event.id);
    this.#messageOf[offset] = message;
    if (message === -1) {
      // Its sending is not among the recorded events.
      this.#kindOf[offset] = this.#kindNumber('earlier messages', true);
      return;
    }
    this.#messages.ended(message, { at: event.at, offset, isLost: event.kind === 'lose' });
    const sendOffset = this.#messages.sendOffsetOf(message);
    this.#kindOf[offset] = this.#kindOf[sendOffset] ?? 0;
    this.#termOf[offset] = this.#termOf[sendOffset] ?? Number.NaN;
    this.#serverOf[offset] = this.#peerOf[sendOffset] ?? -1;
    this.#peerOf[offset] = this.#serverOf[sendOffset] ?? -1;
  }

  #setServers(offset: number, server: ServerId, peer: ServerId | undefined): void {
    const highest = Math.max(server, peer ?? 0);
    if (highest >= this.#header.servers) {
      throw new TraceError(
        `events[${offset}] names server ${highest}, but the run has ${this.#header.servers} servers, numbered from 0.`,
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

/** Builds the run of a complete trace. Throws TraceError when the trace contradicts itself. */
export function makeRun({ events, ...header }: TraceFile): Run {
  const builder = new RunBuilder(header, events.length);
  builder.add(events);
  return builder.finish();
}

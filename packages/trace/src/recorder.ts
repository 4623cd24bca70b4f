// Records one run as trace events. A run may be long, so only the last events are kept: what went before is folded into
// the state that it led to, with which the record then begins.
import type { NetworkEvent } from '@raftlab/labrpc';
import type { ClientEnd } from '@raftlab/rpc';
import type { ServerId } from '@raftlab/protocol';
import { isServerEvent, type TraceEvent, type TraceEventBody, type TraceFile } from './trace-event.ts';
import type { Clock } from '@raftlab/runtime';
import { CallRecorder, type Link } from './call-recorder.ts';
import { Connections } from './connections.ts';
import { TracedCluster } from './traced-cluster.ts';

/** About what a page can show at once, and some 100 MB at most; the longest graded test has two thirds of it. */
const keptEventsMax = 200_000;

/** What is kept of a run; whoever knows what ran, and how to run it again, makes a TraceFile of it. */
export type RunRecord = Pick<TraceFile, 'droppedEvents' | 'events'>;

/** Events are kept in blocks: an array of all would be copied over and over while it grows. */
const blockSize = 4096;

type OwnBody = Exclude<TraceEventBody, { kind: 'send' | 'receive' | 'lose' }>;
type StateEvent = Extract<TraceEvent, { kind: 'state' }>;
export type ChangingState = { -readonly [Field in keyof StateEvent]: StateEvent[Field] };

export class Recorder {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #beganAt: number;
  readonly #keptMax: number;
  readonly #connections = new Connections();
  readonly #calls: CallRecorder;
  readonly #before: TracedCluster;
  /** Oldest first; all but the last are full. */
  #blocks: TraceEvent[][] = [];
  #last: TraceEvent[] = [];
  #droppedCount = 0;

  constructor(clock: Pick<Clock, 'now'>, serverCount: number, keptMax: number = keptEventsMax) {
    this.#clock = clock;
    this.#beganAt = clock.now();
    this.#keptMax = keptMax;
    this.#before = new TracedCluster(serverCount);
    this.#calls = new CallRecorder({
      now: () => this.#now(),
      keep: (event) => this.#keep(event),
      whyApart: (link) => this.#connections.whyApart(link),
    });
  }

  /** Milliseconds since the run began, to the microsecond: it keeps the order, and shortens a trace by a tenth. */
  #now(): number {
    return Math.round((this.#clock.now() - this.#beganAt) * 1000) / 1000;
  }

  /** Keeps `body` itself, with the time: it must be made for this call. */
  record(body: OwnBody): void {
    const event: TraceEvent = Object.assign(body, { at: this.#now() });
    if (isServerEvent(event)) this.#connections.apply(event);
    this.#keep(event);
  }

  /** A server's state changes, now: what changes in it the caller fills in at once. */
  recordState(server: ServerId): ChangingState {
    const event: ChangingState = { kind: 'state', at: this.#now(), server };
    this.#keep(event);
    return event;
  }

  recordCall(event: NetworkEvent): void {
    this.#calls.onEvent(event);
  }

  /** The end on which one server calls another, so that what is said on it can be read. */
  watch(end: ClientEnd, link: Link): ClientEnd {
    return this.#calls.watch(end, link);
  }

  /** Once, at the end: what is kept, in order; it begins with the state of every server when events were dropped. */
  recorded(): RunRecord {
    this.#calls.readRest();
    const kept = new Array<TraceEvent>().concat(...this.#blocks);
    const surplus = kept.splice(0, Math.max(0, kept.length - this.#keptMax));
    for (const event of surplus) this.#before.apply(event);
    const droppedEvents = this.#droppedCount + surplus.length;
    const [first] = kept;
    if (droppedEvents === 0 || first === undefined) return { droppedEvents, events: kept };
    return { droppedEvents, events: [...this.#before.restate(first.at), ...this.#withWholeMessages(kept)] };
  }

  #keep(event: TraceEvent): void {
    if (this.#last.length % blockSize === 0) this.#beginBlock();
    this.#last.push(event);
  }

  #beginBlock(): void {
    this.#last = [];
    this.#blocks.push(this.#last);
    // What stays without the oldest block is still enough.
    if ((this.#blocks.length - 2) * blockSize < this.#keptMax) return;
    for (const event of this.#blocks.shift() ?? []) this.#before.apply(event);
    this.#droppedCount += blockSize;
  }

  /** Nothing is told of a message that left before what is kept. */
  #withWholeMessages(kept: readonly TraceEvent[]): TraceEvent[] {
    const { nextMessageId } = this.#before;
    return kept.flatMap((event): TraceEvent[] => {
      if ((event.kind === 'receive' || event.kind === 'lose') && event.id < nextMessageId) return [];
      if (event.kind !== 'send' || (event.answers ?? nextMessageId) >= nextMessageId) return [event];
      const { answers: _answers, ...message } = event;
      return [message];
    });
  }
}

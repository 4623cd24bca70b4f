// Records one run as trace events. A run may be long, so only the last events are kept; the record then begins with the state
// to which the dropped events led.
import type { NetworkEvent } from '@raftlab/labrpc';
import type { ClientEnd } from '@raftlab/rpc';
import type { ServerId } from '@raftlab/protocol';
import { isServerEvent, type TraceEvent, type TraceEventBody, type TraceFile } from './trace-event.ts';
import type { Clock } from '@raftlab/runtime';
import { CallRecorder, type Link } from './call-recorder.ts';
import { Connections } from './connections.ts';
import { TracedCluster } from './traced-cluster.ts';

/** About the most that a page can show, and about 100 MB; the longest graded test has two thirds of it. */
const keptEventsMax = 200_000;

/** The recorded events of a run. The caller adds the title and the replay command, which makes a TraceFile. */
export type RunRecord = Pick<TraceFile, 'droppedEvents' | 'events'>;

/** Events are kept in blocks, because a single array would be copied repeatedly while it grows. */
const blockSize = 4096;

type OwnBody = Exclude<TraceEventBody, { kind: 'send' | 'receive' | 'lose' }>;
type StateEvent = Extract<TraceEvent, { kind: 'state' }>;
export type ChangingState = { -readonly [Field in keyof StateEvent]: StateEvent[Field] };

/** Records one run; the last 200,000 events are kept. Times are in ms since the recorder was made. */
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

  /** Milliseconds since the run began, rounded to microseconds: this preserves the order and shortens a trace by a tenth. */
  #now(): number {
    return Math.round((this.#clock.now() - this.#beganAt) * 1000) / 1000;
  }

  /** Records an event. Keeps `body` itself and adds the time, so the object must be made for this call. */
  record(body: OwnBody): void {
    const event: TraceEvent = Object.assign(body, { at: this.#now() });
    if (isServerEvent(event)) this.#connections.apply(event);
    this.#keep(event);
  }

  /** Records a change of a server's state; the caller fills in the changed fields at once. */
  recordState(server: ServerId): ChangingState {
    const event: ChangingState = { kind: 'state', at: this.#now(), server };
    this.#keep(event);
    return event;
  }

  recordCall(event: NetworkEvent): void {
    this.#calls.onEvent(event);
  }

  /** Wraps the end on which one server calls another, so that the fields of its messages are recorded. */
  watch(end: ClientEnd, link: Link): ClientEnd {
    return this.#calls.watch(end, link);
  }

  /** Call once, at the end. The kept events in order, preceded by the state of every server if events were dropped. */
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
    // Enough events remain without the oldest block.
    if ((this.#blocks.length - 2) * blockSize < this.#keptMax) return;
    for (const event of this.#blocks.shift() ?? []) this.#before.apply(event);
    this.#droppedCount += blockSize;
  }

  /** Removes the ends of messages that were sent before the first kept event. */
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

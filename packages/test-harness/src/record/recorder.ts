// Records one run as trace events. A run may be long, so only the last events are kept: what went before is folded into
// the state that it led to, with which the record then begins.
import type { NetworkEvent } from '@raftlab/labrpc';
import type { ClientEnd, TraceEventBody, TraceFile } from '@raftlab/protocol';
import type { Clock } from '@raftlab/runtime';
import { CallReader, type Link } from './call-reader.ts';
import { TracedCluster } from './traced-cluster.ts';

/** About what a page can show at once, and some 100 MB at most; the longest graded test has two thirds of it. */
export const keptEventsMax = 200_000;

/** What is kept of a run; whoever knows what ran, and how to run it again, makes a TraceFile of it. */
export type RunRecord = Pick<TraceFile, 'droppedEvents' | 'events'>;

type OwnBody = Exclude<TraceEventBody, { kind: 'send' | 'receive' | 'lose' }>;
type Kept = (OwnBody & { readonly at: number }) | NetworkEvent;

export class Recorder {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #beganAt: number;
  readonly #keptMax: number;
  readonly #calls = new CallReader();
  readonly #before: TracedCluster;
  readonly #kept: Kept[] = [];
  #droppedCount = 0;

  constructor(clock: Pick<Clock, 'now'>, serverCount: number, keptMax: number = keptEventsMax) {
    this.#clock = clock;
    this.#beganAt = clock.now();
    this.#keptMax = keptMax;
    this.#before = new TracedCluster(serverCount);
  }

  /** Keeps `body` itself, with the time: it must be made for this call. */
  record(body: OwnBody): void {
    this.#keep(Object.assign(body, { at: this.#clock.now() - this.#beganAt }));
  }

  recordCall(event: NetworkEvent): void {
    this.#keep(event);
  }

  /** The end on which one server calls another, so that what is said on it can be read. */
  watch(end: ClientEnd, endName: string, link: Link): ClientEnd {
    return this.#calls.watch(end, endName, link);
  }

  /** What is kept, in order; it begins with the state of every server when events were dropped. */
  recorded(): RunRecord {
    this.#dropAllBut(this.#keptMax);
    const events = this.#calls.read(this.#kept, this.#beganAt);
    if (this.#droppedCount === 0) return { droppedEvents: 0, events };
    const restated = this.#before.restate(events[0]?.at ?? 0);
    return { droppedEvents: this.#droppedCount, events: [...restated, ...events] };
  }

  #keep(event: Kept): void {
    this.#kept.push(event);
    // By the quarter, so that it costs little for each.
    if (this.#kept.length > this.#keptMax * 1.25) this.#dropAllBut(this.#keptMax);
  }

  #dropAllBut(count: number): void {
    if (this.#kept.length <= count) return;
    const dropped = this.#kept.splice(0, this.#kept.length - count);
    for (const event of dropped) if (!('callId' in event)) this.#before.apply(event);
    this.#droppedCount += dropped.length;
  }
}

// Loads a run: from the blocks that timelinePage has inserted into this page, or from a trace file that the user opens. Both are read
// in parts, with a report of the progress after each, so that the page stays responsive.
import { traceEventSchema, traceFileSchema, type TraceEvent } from '@raftlab/trace/form';
import { RunBuilder, TraceError, type Run, type TraceHeader } from '../model/run.ts';

/** Receives a sentence on the progress, for display. */
export type ReportProgress = (progress: string) => void;

interface FirstBlock {
  readonly header: TraceHeader;
  readonly eventCount: number;
}

/**
 * Loads the trace in this page, and removes it from the document. Undefined when the page contains none. The events are not checked
 * by the schema, since timelinePage takes typed ones. Throws TraceError when the page was damaged or truncated.
 */
export async function loadEmbedded(report: ReportProgress): Promise<Run | undefined> {
  const [first, ...rest] = document.querySelectorAll('script[type="application/x-raftlab-trace"]');
  if (first === undefined) return undefined;
  const { header, eventCount }: FirstBlock = await unpack(first);
  const builder = new RunBuilder(header, eventCount);
  for (const [number, block] of rest.entries()) {
    report(`Reading the trace: ${Math.round((100 * number) / rest.length)} %`);
    const events: TraceEvent[] = await unpack(block);
    builder.add(events);
    await nextFrame();
  }
  return builder.finish();
}

async function unpack<T>(block: Element): Promise<T> {
  const packed = block.textContent;
  block.remove();
  try {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const value: T = await new Response(stream).json();
    return value;
  } catch (error) {
    throw new TraceError('It is damaged, or the file is truncated.', { cause: error });
  }
}

/** The number of events that are checked before the page is drawn again. */
const eventsPerFrame = 5000;

/** Loads a trace file, checked by its schema. Throws TraceError with the place in the file where it is invalid. */
export async function loadFile(file: File, report: ReportProgress): Promise<Run> {
  report(`Reading ${file.name}`);
  const value = parseJson(await file.text());
  if (typeof value !== 'object' || value === null || !('events' in value) || !Array.isArray(value.events)) {
    throw new TraceError('It has no list of events, so it is not a trace file.');
  }
  const events: unknown[] = value.events;
  const whole = traceFileSchema.safeParse({ ...value, events: [] });
  if (!whole.success) throw new TraceError(describeIssue(whole.error, []));
  const { events: _none, ...header } = whole.data;
  const builder = new RunBuilder(header, events.length);
  for (let offset = 0; offset < events.length; offset += eventsPerFrame) {
    report(`Reading ${file.name}: ${Math.round((100 * offset) / events.length)} %`);
    builder.add(
      events.slice(offset, offset + eventsPerFrame).map((event, n) => parseEvent(event, offset + n)),
    );
    await nextFrame();
  }
  return builder.finish();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TraceError(`It is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function parseEvent(event: unknown, offset: number): TraceEvent {
  const result = traceEventSchema.safeParse(event);
  if (result.success) return result.data;
  throw new TraceError(describeIssue(result.error, [`events[${offset}]`]));
}

interface Issues {
  readonly issues: ReadonlyArray<{ readonly path: readonly PropertyKey[]; readonly message: string }>;
}

function describeIssue({ issues }: Issues, place: readonly string[]): string {
  const [issue] = issues;
  const path = [...place, ...(issue?.path ?? []).map(String)].join('.');
  return `${path === '' ? 'The file' : path}: ${issue?.message ?? 'invalid'}.`;
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(resolve);
  });
}

// Where a run comes from: the blocks that timelinePage has put into this page, or a trace file that somebody opens. Both in
// portions, with a word on how far it is, so that the page never hangs.
import { traceEventSchema, traceFileSchema, type TraceEvent } from '@raftlab/trace/form';
import { RunBuilder, TraceError, type Run, type TraceHeader } from '../model/run.ts';

export type Report = (progress: string) => void;

interface FirstBlock {
  readonly header: TraceHeader;
  readonly eventCount: number;
}

/**
 * Undefined when the page holds no trace. It was typed when it was packed, so it is not checked again; but the page may have
 * been damaged or cut off since. Then it throws a TraceError.
 */
export async function loadEmbedded(report: Report): Promise<Run | undefined> {
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
    throw new TraceError('It is damaged, or the file was cut off.', { cause: error });
  }
}

/** Events between two looks at the screen. */
const portion = 5000;

/** Throws an Error that says what is wrong with the file, and where in it. */
export async function loadFile(file: File, report: Report): Promise<Run> {
  report(`Reading ${file.name}`);
  const value = parseJson(await file.text());
  if (typeof value !== 'object' || value === null || !('events' in value) || !Array.isArray(value.events)) {
    throw new TraceError('It has no list of events, so it is not a trace.');
  }
  const events: unknown[] = value.events;
  const whole = traceFileSchema.safeParse({ ...value, events: [] });
  if (!whole.success) throw new TraceError(issueInWords(whole.error, []));
  const { events: _none, ...header } = whole.data;
  const builder = new RunBuilder(header, events.length);
  for (let offset = 0; offset < events.length; offset += portion) {
    report(`Reading ${file.name}: ${Math.round((100 * offset) / events.length)} %`);
    builder.add(events.slice(offset, offset + portion).map((event, n) => checkedEvent(event, offset + n)));
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

function checkedEvent(event: unknown, offset: number): TraceEvent {
  const result = traceEventSchema.safeParse(event);
  if (result.success) return result.data;
  throw new TraceError(issueInWords(result.error, [`events[${offset}]`]));
}

interface Issues {
  readonly issues: ReadonlyArray<{ readonly path: readonly PropertyKey[]; readonly message: string }>;
}

function issueInWords({ issues }: Issues, place: readonly string[]): string {
  const [issue] = issues;
  const path = [...place, ...(issue?.path ?? []).map(String)].join('.');
  return `${path === '' ? 'The file' : path}: ${issue?.message ?? 'not understood'}.`;
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(resolve);
  });
}

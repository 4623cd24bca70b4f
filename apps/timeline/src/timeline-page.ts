// Puts a trace into the page that vite has built. The page then needs nothing else: no network, no other file.
import { readFileSync } from 'node:fs';
import { constants, gzipSync } from 'node:zlib';
import type { TraceFile } from '@raftlab/trace/form';

/** Where the page takes the trace from. */
const place = '<!--trace-->';

/** Events per packed block: no string or buffer grows with the run, and the page can show how far it has come. */
const eventsPerBlock = 20_000;

/**
 * The trace as a self-contained HTML page: write it to a file and open it. The same trace gives the same page, byte for
 * byte.
 */
export function timelinePage(trace: TraceFile): string {
  const { events, ...header } = trace;
  const blocks = [packed({ header, eventCount: events.length })];
  for (let offset = 0; offset < events.length; offset += eventsPerBlock) {
    blocks.push(packed(events.slice(offset, offset + eventsPerBlock)));
  }
  const { before, after } = (emptyPage ??= readEmptyPage());
  return [before, ...blocks, after].join('\n');
}

/** Read once: a whole suite has a page for every test. */
let emptyPage: { readonly before: string; readonly after: string } | undefined;

function readEmptyPage(): NonNullable<typeof emptyPage> {
  const html = readFileSync(new URL('../dist/page.html', import.meta.url), 'utf8');
  const [before, after, ...more] = html.split(place);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`dist/page.html must say ${place} once: build @raftlab/timeline again.`);
  }
  return { before, after };
}

/** Of base64 alone: nothing in a trace can end the element that holds it. */
function packed(value: unknown): string {
  const bytes = gzipSync(JSON.stringify(value), { level: constants.Z_BEST_SPEED });
  return `<script type="application/x-raftlab-trace">${bytes.toString('base64')}</script>`;
}

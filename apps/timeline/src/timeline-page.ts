// Puts a trace into the page that vite has built. The page then needs nothing else: no network, no other file.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { TraceFile } from '@raftlab/protocol';

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
  const [before, after, ...more] = emptyPage().split(place);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`dist/page.html must say ${place} once: build @raftlab/timeline again.`);
  }
  return [before, ...blocks, after].join('\n');
}

function emptyPage(): string {
  return readFileSync(new URL('../dist/page.html', import.meta.url), 'utf8');
}

/** Of base64 alone: nothing in a trace can end the element that holds it. */
function packed(value: unknown): string {
  const bytes = gzipSync(JSON.stringify(value));
  return `<script type="application/x-raftlab-trace">${bytes.toString('base64')}</script>`;
}

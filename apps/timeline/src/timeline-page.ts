// Inserts a trace into the page that vite has built. The result is one file that needs no network and no other file.
import { readFileSync } from 'node:fs';
import { constants, gzipSync } from 'node:zlib';
import type { TraceFile } from '@raftlab/trace/form';

/** The place in the built page where the trace is inserted. */
const placeholder = '<!--trace-->';

/** Events per block: it bounds the size of every string and buffer, and the page shows its progress after each block. */
const eventsPerBlock = 20_000;

/** The built page is not usable, so that no trace can be inserted into it. Building the package again repairs it. */
export class BrokenPageError extends Error {
  override readonly name: string = 'BrokenPageError';

  constructor(expected: string) {
    super(
      `dist/page.html of @raftlab/timeline must contain ${expected} exactly once: build the package again.`,
    );
  }
}

/**
 * Returns the trace as a self-contained HTML page, to be written to a file and opened in a browser. The same trace has the same
 * page, byte for byte. The trace must satisfy `traceFileSchema`. Throws BrokenPageError when the package is not built.
 */
export function timelinePage(trace: TraceFile): string {
  const { events, ...header } = trace;
  const blocks = [packBlock({ header, eventCount: events.length })];
  for (let offset = 0; offset < events.length; offset += eventsPerBlock) {
    blocks.push(packBlock(events.slice(offset, offset + eventsPerBlock)));
  }
  const { before, after } = (emptyPage ??= readEmptyPage());
  return [before, ...blocks, after].join('\n');
}

/** Read once for all pages: a suite may have a page for every test. */
let emptyPage: { readonly before: string; readonly after: string } | undefined;

function readEmptyPage(): NonNullable<typeof emptyPage> {
  const html = readFileSync(new URL('../dist/page.html', import.meta.url), 'utf8');
  const [before, after, ...more] = html.split(placeholder);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new BrokenPageError(placeholder);
  }
  return { before, after };
}

/** The content is base64, so that nothing in a trace can end the element. */
function packBlock(value: unknown): string {
  const bytes = gzipSync(JSON.stringify(value), { level: constants.Z_BEST_SPEED });
  return `<script type="application/x-raftlab-trace">${bytes.toString('base64')}</script>`;
}

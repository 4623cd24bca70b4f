// The page as a file: it contains the trace, and nothing in a trace can affect the page.
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { traceFileSchema, type TraceFile } from '@raftlab/trace/form';
import { timelinePage } from '@raftlab/timeline';
import { failingStory, foreignStory, longStory, passedStory } from './story.ts';

/** The blocks, as the page reads them. */
function blocksOf(page: string): unknown[] {
  const blocks = page.matchAll(/<script type="application\/x-raftlab-trace">(.*?)<\/script>/g);
  return [...blocks].map(([, base64 = '']) => {
    const value: unknown = JSON.parse(gunzipSync(Buffer.from(base64, 'base64')).toString());
    return value;
  });
}

test.each<[string, () => TraceFile]>([
  ['failing', failingStory],
  ['foreign', foreignStory],
  ['passed', passedStory],
  ['long', () => longStory(2000)],
])('the %s story is a valid trace', (_name, makeTrace) => {
  traceFileSchema.parse(makeTrace());
});

test('the page contains the trace, in blocks', () => {
  const { events, ...header } = longStory(45_000);
  const [first, ...rest] = blocksOf(timelinePage({ ...header, events }));
  expect(first).toEqual({ header, eventCount: 45_000 });
  expect(rest).toHaveLength(3);
  expect(rest.flat()).toEqual(events);
});

test('the same trace has the same page', () => {
  expect(timelinePage(failingStory())).toBe(timelinePage(failingStory()));
});

test('no text of a trace can end its block', () => {
  const title = '</script><script>alert(1)</script><!--trace--> $& $1';
  const page = timelinePage({ ...passedStory(), title });
  expect(page).not.toContain('alert(1)');
  expect(blocksOf(page)[0]).toMatchObject({ header: { title } });
});

test('the page loads nothing', () => {
  const page = timelinePage(passedStory());
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
});

test('30,000 events are a page of less than 5 MB', () => {
  expect(timelinePage(longStory(30_000)).length).toBeLessThan(5_000_000);
});

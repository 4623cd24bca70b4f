// What a campaign records, how it judges that, and what it writes after a failure.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClerkAbortedError } from '@raftlab/kv';
import { traceFileSchema } from '@raftlab/trace/form';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Availability } from '../campaign/availability.mjs';
import { judge } from '../campaign/judge.mjs';
import { writeFailure } from '../campaign/report.mjs';
import { Timeline } from '../campaign/timeline.mjs';
import { Window } from '../campaign/window.mjs';

/** A window whose clock counts events. */
function windowOf(): Window {
  let now = 0;
  return new Window(0, () => (now += 1));
}

const append = (value: string) => ({ kind: 'append', key: 'w0/log0', value }) as const;
const get = { kind: 'get', key: 'w0/log0' } as const;

/** Two appends one after another, and the read at the end. */
async function historyThatReads(value: string, version: number): Promise<Window> {
  const window = windowOf();
  await window.record(0, append('0.1;'), async () => ({ version: 1 }));
  await window.record(1, append('1.1;'), async () => ({ version: 2 }));
  await window.record(2, get, async () => ({ value, version }));
  return window;
}

test('a window in which everything is there is linearizable', async () => {
  const { events } = await historyThatReads('0.1;1.1;', 2);
  expect(judge(events)).toEqual({ verdict: 'ok', lostCount: 0 });
});

test('a write that the last read does not have is lost', async () => {
  const { events } = await historyThatReads('0.1;', 1);
  const { verdict, lostCount, failure } = judge(events);
  expect([verdict, lostCount, failure?.key]).toEqual(['illegal', 1, 'w0/log0']);
  expect(failure?.unplaced.length).toBeGreaterThan(0);
});

test('on a key without elements, a version that is too low shows lost writes', async () => {
  const window = windowOf();
  const key = 'w0/key0';
  await window.record(0, { kind: 'put', key, value: 'a' }, async () => ({ version: 1 }));
  await window.record(0, { kind: 'put', key, value: 'b' }, async () => ({ version: 2 }));
  const stale = { kind: 'compareAndSet', key, value: 'c', version: 1 } as const;
  await window.record(0, stale, async () => ({ applied: false, version: 2 }));
  await window.record(0, { kind: 'get', key }, async () => ({ value: 'a', version: 1 }));
  expect(judge(window.events).lostCount).toBe(1);
});

test('an operation that was aborted before it was sent explains nothing that others saw', async () => {
  const window = windowOf();
  const aborted = new ClerkAbortedError('crashed', { mayHaveRun: false, failures: new Map() });
  await expect(window.record(0, append('0.1;'), () => Promise.reject(aborted))).rejects.toThrow(aborted);
  await window.record(1, get, async () => ({ value: '0.1;', version: 1 }));
  expect(judge(window.events).verdict).toBe('illegal');
  expect(window.unknownCount).toBe(0);
});

test('an operation of a client that crashed may have happened or not', async () => {
  for (const value of ['0.1;', '']) {
    const window = windowOf();
    const crash = window.record(0, append('0.1;'), () => Promise.reject(new Error('crashed')));
    await expect(crash).rejects.toThrow('crashed');
    const isThere = value !== '';
    await window.record(1, get, async () => ({ value: isThere ? value : null, version: isThere ? 1 : 0 }));
    expect(judge(window.events)).toEqual({ verdict: 'ok', lostCount: 0 });
    expect([window.returnedCount, window.unknownCount]).toEqual([1, 1]);
  }
});

test('a window is idle when its last operation has ended', async () => {
  const window = windowOf();
  let end = (): void => undefined;
  const pending = window.record(
    0,
    get,
    () => new Promise<{ version: number }>((resolve) => (end = () => resolve({ version: 0 }))),
  );
  let isIdle = false;
  const idle = window.idle().then(() => (isIdle = true));
  await Promise.resolve();
  expect(isIdle).toBe(false);
  end();
  await pending;
  await idle;
});

test('pauses of 200 ms and more count as unavailability', () => {
  const availability = new Availability(0);
  for (const at of [100, 299, 600, 650, 1650]) availability.onSuccess(at);
  expect(availability.isAvailable(1660)).toBe(true);
  expect(availability.report(2602)).toEqual({ count: 2, medianMs: 1000, worstMs: 1000, share: 0.5 });
});

test('a failure leaves the history of its key, a page, and the logs of the servers', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'raftlab-campaign-test-'));
  try {
    for (const server of [0, 1, 2]) writeFileSync(join(parent, `server-${server}.log`), `log ${server}`);
    let now = 0;
    const timeline = new Timeline(() => (now += 1));
    timeline.onServer({ kind: 'start', server: 1 });
    timeline.onServer({ kind: 'cut', from: 2, to: 0 });
    timeline.onProblem('something is wrong');
    const { failure } = judge((await historyThatReads('0.1;', 1)).events);
    const options = { minutes: 1, seed: 7, servers: 3, tls: false, canary: undefined } as const;
    const header = { title: 'a failure', seed: 7, servers: 3, replay: 'npm run campaign' };
    expect(traceFileSchema.safeParse(timeline.trace(failure, header)).success).toBe(true);
    const outcome = {
      faults: new Map(),
      operationCount: 3,
      unknownCount: 0,
      windowCount: 1,
      lostCount: 1,
      failedAfterMs: 3,
      availability: new Availability(0).report(1),
      problems: ['something is wrong'],
      failure,
      timeline,
      folder: parent,
    };
    const folder = writeFailure(parent, outcome, options);
    const saved = z.object({ replay: z.string(), key: z.string(), operations: z.array(z.unknown()) });
    const history = saved.parse(JSON.parse(readFileSync(join(folder, 'history.json'), 'utf8')));
    expect(history.replay).toBe('npm run campaign -- --minutes 1 --seed 7 --servers 3');
    expect(history.operations).toHaveLength(3);
    for (const name of ['timeline.html', 'verdict.txt', 'server-2.log'])
      expect(existsSync(join(folder, name)), name).toBe(true);
  } finally {
    rmSync(parent, { recursive: true });
  }
});

// What is true of real time only; src/clock-compliance.ts has what is true of every clock. The waits are a few ms each.
import { SystemClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';

const clock = new SystemClock();

function blockFor(durationMs: number): void {
  const end = clock.now() + durationMs;
  while (clock.now() < end);
}

describe('SystemClock', () => {
  test('now never decreases and has fractions', () => {
    const times = Array.from({ length: 1000 }, () => clock.now());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.some((time) => !Number.isInteger(time))).toBe(true);
  });

  // Node truncates both the delay and the current time: its own timers fire up to 2 ms early.
  test('no timer fires early', async () => {
    const sleepers = Array.from({ length: 300 }, async (_, offset) => {
      await clock.sleep(offset / 7);
      const delayMs = (offset % 10) / 3;
      const start = clock.now();
      await clock.sleep(delayMs);
      return clock.now() - start - delayMs;
    });
    expect(Math.min(...(await Promise.all(sleepers)))).toBeGreaterThanOrEqual(0);
  });

  test('a delay that is too long for setTimeout does not become a short one', async () => {
    let hasFired = false;
    const timer = clock.setTimer(2 ** 31, () => {
      hasFired = true;
    });
    await clock.sleep(5);
    timer.cancel();
    expect(hasFired).toBe(false);
  });

  // Node runs due timers before setImmediate; callbacks that were deferred before must still run first.
  test('an overdue timer fires after the callbacks that were deferred before it', async () => {
    const events: string[] = [];
    const overtaken = clock.setTimer(0, () => events.push('cancelled by the deferred callback'));
    clock.setTimer(0, () => events.push('timer'));
    blockFor(4);
    clock.defer(() => {
      events.push('deferred');
      overtaken.cancel();
      void Promise.resolve().then(() => events.push('its promise callback'));
    });
    await clock.sleep(5);
    expect(events).toEqual(['deferred', 'its promise callback', 'timer']);
  });

  test('deferred callbacks that defer again do not starve the timers', async () => {
    let count = 0;
    let isOver = false;
    const again = (): void => {
      count += 1;
      if (!isOver) clock.defer(again);
    };
    clock.defer(again);
    await clock.sleep(10);
    isOver = true;
    expect(count).toBeGreaterThan(1);
  });

  test('after a long deferred callback the event loop runs once before the next, and the order is kept', async () => {
    const events: string[] = [];
    clock.defer(() => {
      blockFor(10);
      clock.defer(() => events.push('deferred by the first'));
      events.push('first');
    });
    clock.defer(() => events.push('second'));
    clock.defer(() => events.push('third'));
    setImmediate(() => events.push('setImmediate'));
    await clock.sleep(5);
    expect(events).toEqual(['first', 'setImmediate', 'second', 'third', 'deferred by the first']);
  });

  test('several due timers with deferred callbacks between them do not block the event loop', async () => {
    const events: string[] = [];
    const loop = (): void => {
      events.push('event loop');
      if (events.length < 100) setImmediate(loop);
    };
    // Each callback defers another one.
    const work = (): void => {
      blockFor(1);
      events.push('work');
      if (events.length < 100) clock.defer(work);
    };
    for (const name of ['first', 'second', 'third']) clock.setTimer(0, () => events.push(name));
    blockFor(4);
    clock.defer(work);
    setImmediate(loop);
    await clock.sleep(10);
    // One deferred callback runs before each timer, and the event loop runs in between.
    const between = events.slice(events.indexOf('first'), events.indexOf('third') + 1);
    expect(between.filter((event) => event !== 'event loop')).toEqual([
      'first',
      'work',
      'second',
      'work',
      'third',
    ]);
    expect(between.slice(0, between.indexOf('second'))).toContain('event loop');
    expect(between.slice(between.indexOf('second'))).toContain('event loop');
  });

  test('a long chain of promises does not block the event loop if it awaits breathe', async () => {
    const events: string[] = [];
    setTimeout(() => events.push('timer'), 10);
    const chain = async (): Promise<void> => {
      for (let count = 0; events.length === 0 && count < 10_000_000; count += 1) await clock.breathe();
    };
    await Promise.all([chain(), chain()]);
    expect(events).toEqual(['timer']);
  });

  test('an error in a deferred callback is uncaught, and the other callbacks and timers still run', async () => {
    const events: string[] = [];
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    try {
      clock.setTimer(0, () => events.push('timer'));
      blockFor(3);
      clock.defer(() => events.push('before'));
      clock.defer(() => {
        throw new Error('bad callback');
      });
      clock.defer(() => events.push('after'));
      await clock.sleep(5);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    expect(uncaught).toEqual([new Error('bad callback')]);
    expect(events.toSorted()).toEqual(['after', 'before', 'timer']);
  });
});

// Real time, in small doses: only what cannot be said of a virtual clock as well (see clock-contract.test.ts).
import { SystemClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';

const clock = new SystemClock();

function blockFor(durationMs: number): void {
  const end = clock.now() + durationMs;
  while (clock.now() < end);
}

describe('SystemClock', () => {
  test('now never goes back and has fractions', () => {
    const times = Array.from({ length: 1000 }, () => clock.now());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.some((time) => !Number.isInteger(time))).toBe(true);
  });

  // Node truncates both the delay and the present time: its own timers fire up to 2 ms early.
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

  test('a delay too long for Node is not taken for a short one', async () => {
    let hasFired = false;
    const timer = clock.setTimer(2 ** 31, () => {
      hasFired = true;
    });
    await clock.sleep(5);
    timer.cancel();
    expect(hasFired).toBe(false);
  });

  // The event loop looks at timers first; what was deferred in the same turn must come first all the same.
  test('a timer that is long due does not overtake what was deferred', async () => {
    const events: string[] = [];
    const overtaken = clock.setTimer(0, () => events.push('cancelled by the deferred callback'));
    clock.setTimer(0, () => events.push('timer'));
    blockFor(4);
    clock.defer(() => {
      events.push('deferred');
      overtaken.cancel();
      void Promise.resolve().then(() => events.push('its promise work'));
    });
    await clock.sleep(5);
    expect(events).toEqual(['deferred', 'its promise work', 'timer']);
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

  test('after a long deferred callback others get their turn before the next, and the order stays', async () => {
    const events: string[] = [];
    clock.defer(() => {
      blockFor(10);
      clock.defer(() => events.push('deferred by the first'));
      events.push('first');
    });
    clock.defer(() => events.push('second'));
    clock.defer(() => events.push('third'));
    setImmediate(() => events.push('somebody else'));
    await clock.sleep(5);
    expect(events).toEqual(['first', 'somebody else', 'second', 'third', 'deferred by the first']);
  });

  test('timers that come up together while callbacks wait do not keep others from their turn', async () => {
    const events: string[] = [];
    const others = (): void => {
      events.push('others');
      if (events.length < 100) setImmediate(others);
    };
    // Whatever comes up brings more work.
    const work = (): void => {
      blockFor(1);
      events.push('work');
      if (events.length < 100) clock.defer(work);
    };
    for (const name of ['first', 'second', 'third']) clock.setTimer(0, () => events.push(name));
    blockFor(4);
    clock.defer(work);
    setImmediate(others);
    await clock.sleep(10);
    // One round of work goes before each timer, and the event loop goes round in between.
    const between = events.slice(events.indexOf('first'), events.indexOf('third') + 1);
    expect(between.filter((event) => event !== 'others')).toEqual([
      'first',
      'work',
      'second',
      'work',
      'third',
    ]);
    expect(between.slice(0, between.indexOf('second'))).toContain('others');
    expect(between.slice(between.indexOf('second'))).toContain('others');
  });

  test('promise work that goes on and on does not keep others from their turn, if it breathes', async () => {
    const others: string[] = [];
    setTimeout(() => others.push('timer'), 10);
    const chain = async (): Promise<void> => {
      for (let count = 0; others.length === 0 && count < 10_000_000; count += 1) await clock.breathe();
    };
    await Promise.all([chain(), chain()]);
    expect(others).toEqual(['timer']);
  });

  test('an error in a deferred callback costs neither the others nor a timer their turn', async () => {
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

// The deadlines of pending calls, of which one timer is set.
import { VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { Endings } from '#src/endings';

test('each call is aborted at its own deadline, unless it was removed before', async () => {
  const clock = new VirtualClock();
  await clock.run(async () => {
    const endings = new Endings(clock);
    const [late, early, removed, middle] = [300, 100, 150, 200].map((ms) => endings.add(ms));
    if (removed !== undefined) endings.remove(removed);
    const reasons = (): unknown[] => [early, middle, late, removed].map((signal) => signal?.reason);
    await clock.sleep(99);
    expect([endings.size, reasons()]).toEqual([3, [undefined, undefined, undefined, undefined]]);
    await clock.sleep(1);
    expect(reasons()).toEqual(['deadline', undefined, undefined, undefined]);
    await clock.sleep(100);
    expect(reasons()).toEqual(['deadline', 'deadline', undefined, undefined]);
    endings.abortAll('closed');
    expect(reasons()).toEqual(['deadline', 'deadline', 'closed', undefined]);
    for (const signal of [early, late, middle]) if (signal !== undefined) endings.remove(signal);
    expect(endings.size).toBe(0);
    const next = endings.add(50);
    await clock.sleep(50);
    expect(next.reason).toBe('deadline');
  });
});

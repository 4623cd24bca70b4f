// Simulated time: how a run ends, what it reports and what it drops. src/clock-compliance.ts has the order of events.
import { setImmediate as nextLoop } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeadlockError, VirtualClock, type Clock } from '@raftlab/runtime';
import { AssertionError } from '@raftlab/runtime/assert';
import { TimerHeap, type VirtualTimer } from '#src/timer-heap';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** V8 accepts the flag at run time, and contexts made after that have the function. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

test.each([0, -1, 1.5, NaN])('eventsPerBreath %d is an AssertionError', (eventsPerBreath) => {
  expect(() => new VirtualClock({ eventsPerBreath })).toThrow(AssertionError);
});

describe('time', () => {
  test('jumps from timer to timer', async () => {
    const clock = new VirtualClock();
    const times = await clock.run(async () => {
      const seen = [clock.now()];
      for (const delayMs of [0, 0.25, 10, 3_600_000]) {
        await clock.sleep(delayMs);
        seen.push(clock.now());
      }
      return seen;
    });
    expect(times).toEqual([0, 0, 0.25, 10.25, 3_600_010.25]);
  });

  test('continues in the next run', async () => {
    const clock = new VirtualClock();
    await clock.run(() => clock.sleep(5));
    await clock.run(() => clock.sleep(5));
    expect(clock.now()).toBe(10);
  });

  test('orders timers as a stable sort by time does', () => {
    const timers = fc.array(fc.record({ delayMs: fc.nat(20), isCancelled: fc.boolean() }), {
      maxLength: 200,
    });
    return fc.assert(
      fc.asyncProperty(timers, async (given) => {
        const clock = new VirtualClock();
        const fired: number[] = [];
        await clock.run(async () => {
          const set = given.map(({ delayMs }, name) => clock.setTimer(delayMs, () => fired.push(name)));
          for (const [name, { isCancelled }] of given.entries()) if (isCancelled) set[name]?.cancel();
          await clock.sleep(21);
        });
        const expected = given
          .map((timer, name) => ({ ...timer, name }))
          .filter(({ isCancelled }) => !isCancelled)
          .toSorted((a, b) => a.delayMs - b.delayMs)
          .map(({ name }) => name);
        expect(fired).toEqual(expected);
      }),
    );
  });

  test('is the same in two runs of one program', async () => {
    expect(await trace()).toEqual(await trace());
  });
});

describe('a run ends', () => {
  test.each<[what: string, main: (clock: Clock) => Promise<unknown>]>([
    [
      'when main throws before it returns a promise',
      () => {
        throw new Error('broken');
      },
    ],
    [
      'when main rejects',
      async (clock) => {
        await clock.sleep(1);
        throw new Error('broken');
      },
    ],
    [
      'when a timer throws',
      (clock) => {
        clock.setTimer(1, () => {
          throw new Error('broken');
        });
        return clock.sleep(9);
      },
    ],
    [
      'when a deferred callback throws',
      (clock) => {
        clock.defer(() => {
          throw new Error('broken');
        });
        return clock.sleep(9);
      },
    ],
  ])('%s', async (_what, main) => {
    const clock = new VirtualClock();
    await expect(clock.run(() => main(clock))).rejects.toThrow('broken');
    expect(clock.now()).toBeLessThan(9);
    await expect(clock.run(async () => 'again')).resolves.toBe('again');
  });

  test('and drops its pending timers and callbacks for good', async () => {
    const clock = new VirtualClock();
    const events: string[] = [];
    await clock.run(async () => {
      clock.setTimer(5, () => events.push('timer'));
      void clock.sleep(6).then(() => events.push('sleep'));
      void clock.watch(new Promise(() => {}), () => 'a promise of the first run');
      // A promise callback that runs after main has ended sets one more.
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => clock.setTimer(1, () => events.push('late timer')));
      clock.defer(() => events.push('deferred'));
    });
    expect(clock.pendingTimerCount).toBe(0);
    await clock.run(() => clock.sleep(100));
    expect(events).toEqual([]);
    await expect(clock.run(() => new Promise(() => {}))).rejects.toMatchObject({ waiting: [] });
  });

  test('and a dropped timer can still be cancelled', async () => {
    const clock = new VirtualClock();
    const timer = await clock.run(async () => clock.setTimer(5, () => {}));
    timer.cancel();
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('before the next may start', async () => {
    const clock = new VirtualClock();
    await clock.run(async () => {
      expect(() => clock.run(async () => {})).toThrow(AssertionError);
    });
  });
});

describe('a deadlock', () => {
  test('is reported with its time and all pending promises', async () => {
    const clock = new VirtualClock();
    const run = clock.run(async () => {
      await clock.sleep(7);
      await clock.watch(Promise.resolve(), () => 'settled before');
      await clock.watch(Promise.reject(new Error()), () => 'rejected before').catch(() => {});
      void clock.watch(new Promise(() => {}), () => 'server 1: a reply from server 2');
      await clock.watch(new Promise(() => {}), () => 'main: agreement on index 4');
    });
    await expect(run).rejects.toThrow(DeadlockError);
    await expect(run).rejects.toThrow(/Deadlock at 7 virtual ms[^]*server 1[^]*main: agreement/);
    await expect(run).rejects.toMatchObject({ name: 'DeadlockError' });
    await expect(run).rejects.toMatchObject({
      now: 7,
      waiting: ['server 1: a reply from server 2', 'main: agreement on index 4'],
    });
  });

  test('without watched promises names Clock.watch', async () => {
    await expect(new VirtualClock().run(() => new Promise(() => {}))).rejects.toThrow(
      'Register promises with Clock.watch',
    );
  });

  test('lists a bounded number of promises in its message', () => {
    const waiting = Array.from({ length: 60 }, (_, offset) => `promise ${offset}`);
    const { message } = new DeadlockError(1, waiting);
    expect(message).toMatch(/promise 49\n {2}and 10 more$/);
  });

  test('is the only reason to build descriptions', async () => {
    const clock = new VirtualClock();
    let askedCount = 0;
    await clock.run(() => clock.watch(clock.sleep(1), () => `asked ${(askedCount += 1)} times`));
    expect(askedCount).toBe(0);
  });
});

describe('memory is released', () => {
  test('of the timer of an aborted sleep', async () => {
    const clock = new VirtualClock();
    await clock.run(async () => {
      const controller = new AbortController();
      const sleeping = clock.sleep(1000, controller.signal);
      controller.abort(new Error('enough'));
      await expect(sleeping).rejects.toThrow('enough');
      expect(clock.pendingTimerCount).toBe(0);
    });
  });

  test('of cancelled timers, when they are most of the heap', async () => {
    const heap = new TimerHeap();
    const refs = Array.from({ length: 10_000 }, (_, sequence) => {
      const timer: VirtualTimer = { dueAt: 1, sequence, callback: () => {} };
      heap.push(timer);
      if (sequence % 100 !== 0) heap.cancel(timer);
      return new WeakRef(timer);
    });
    await nextLoop();
    collectGarbage();
    expect(heap.size).toBe(100);
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(300);
  });

  test('of any number of cancelled timers, without waiting for their time', async () => {
    const clock = new VirtualClock();
    await clock.run(async () => {
      const kept = clock.setTimer(1e9, () => {});
      for (let count = 0; count < 100_000; count += 1) {
        clock.setTimer(1e6 + count, () => {}).cancel();
      }
      expect(clock.pendingTimerCount).toBe(1);
      kept.cancel();
      expect(clock.pendingTimerCount).toBe(0);
    });
  });

  test('of cancelled timers, without changing the order of the others', () => {
    const heap = new TimerHeap();
    const timers: VirtualTimer[] = Array.from({ length: 10_000 }, (_, sequence) => ({
      dueAt: sequence % 100,
      sequence,
      callback: () => {},
    }));
    for (const timer of timers) heap.push(timer);
    for (const timer of timers) if (timer.sequence % 10 !== 0) heap.cancel(timer);
    expect(heap.size).toBe(1000);
    const order: VirtualTimer[] = [];
    for (let timer = heap.pop(); timer !== undefined; timer = heap.pop()) order.push(timer);
    expect(order).toEqual(order.toSorted((a, b) => a.dueAt - b.dueAt || a.sequence - b.sequence));
    expect(order).toHaveLength(1000);
    expect(heap.size).toBe(0);
  });

  // With two chains the list of deferred callbacks is never empty.
  test('of deferred callbacks that have run, while others are pending', async () => {
    const clock = new VirtualClock();
    const events: string[] = [];
    const refs: WeakRef<() => void>[] = [];
    const deferAgain = (name: string): void => {
      const callback = (): void => again(name);
      refs.push(new WeakRef(callback));
      clock.defer(callback);
    };
    let aliveCount = Infinity;
    const again = (name: string): void => {
      events.push(name);
      if (events.length < 100_000) deferAgain(name);
      if (events.length !== 99_000) return;
      collectGarbage();
      aliveCount = refs.filter((ref) => ref.deref() !== undefined).length;
    };
    await clock.run(async () => {
      deferAgain('a');
      deferAgain('b');
      await clock.sleep(0);
    });
    expect(events.join('')).toBe(`${'ab'.repeat(50_000)}a`);
    expect(aliveCount).toBeLessThan(1000);
  });
});

test('eventCount counts the timers and deferred callbacks that ran', async () => {
  const clock = new VirtualClock();
  await clock.run(async () => {
    clock.defer(() => {});
    clock.setTimer(1, () => {}).cancel();
    await clock.sleep(2);
  });
  expect(clock.eventCount).toBe(2);
});

async function trace(): Promise<string[]> {
  const clock = new VirtualClock();
  const events: string[] = [];
  const worker = async (name: number): Promise<void> => {
    for (let round = 0; round < 20; round += 1) {
      await clock.sleep((name * 7 + round * 3) % 11);
      clock.defer(() => events.push(`${clock.now()} d${name}`));
      await Promise.resolve();
      events.push(`${clock.now()} w${name}`);
    }
  };
  await clock.run(() => Promise.all([1, 2, 3, 4, 5].map(worker)));
  return events;
}

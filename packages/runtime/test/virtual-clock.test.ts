// Simulated time: what a run does with time, errors, deadlocks and left-overs (order: see clock-contract.test.ts).
import { setImmediate as nextLoop } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeadlockError, VirtualClock, type Clock } from '@raftlab/runtime';
import { TimerHeap, type VirtualTimer } from '#src/timer-heap';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** V8 takes the flag while it runs, and new contexts then have the function. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

describe('time', () => {
  test('jumps to the next timer and nowhere else', async () => {
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

  test('goes on in the next run', async () => {
    const clock = new VirtualClock();
    await clock.run(() => clock.sleep(5));
    await clock.run(() => clock.sleep(5));
    expect(clock.now()).toBe(10);
  });

  // The model: a stable sort by time. Timers set other timers and cancel each other while it runs.
  test('timers fire as a stable sort by time would have it', () => {
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

  test('two runs of one program give the same trace', async () => {
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

  test('and what is left of it never happens, not in the next run either', async () => {
    const clock = new VirtualClock();
    const events: string[] = [];
    await clock.run(async () => {
      clock.setTimer(5, () => events.push('timer'));
      void clock.sleep(6).then(() => events.push('sleep'));
      void clock.watch(new Promise(() => {}), () => 'a promise of the first run');
      // Promise work that outlives main sets one more.
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

  test('a timer of an ended run can still be cancelled', async () => {
    const clock = new VirtualClock();
    const timer = await clock.run(async () => clock.setTimer(5, () => {}));
    timer.cancel();
    expect(clock.pendingTimerCount).toBe(0);
  });

  test('only one run at a time', async () => {
    const clock = new VirtualClock();
    await clock.run(async () => {
      expect(() => clock.run(async () => {})).toThrow('already running');
    });
  });
});

describe('a deadlock', () => {
  test('is reported with the time and everything that is waited for', async () => {
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
    await expect(run).rejects.toMatchObject({
      now: 7,
      waiting: ['server 1: a reply from server 2', 'main: agreement on index 4'],
    });
  });

  test('is reported when nobody said what they wait for', async () => {
    await expect(new VirtualClock().run(() => new Promise(() => {}))).rejects.toThrow('nobody said');
  });

  test('does not ask for descriptions when there is none', async () => {
    const clock = new VirtualClock();
    let askedCount = 0;
    await clock.run(() => clock.watch(clock.sleep(1), () => `asked ${(askedCount += 1)} times`));
    expect(askedCount).toBe(0);
  });
});

describe('it does not leak', () => {
  test('the timer of a sleep that was aborted', async () => {
    const clock = new VirtualClock();
    await clock.run(async () => {
      const controller = new AbortController();
      const sleeping = clock.sleep(1000, controller.signal);
      controller.abort(new Error('enough'));
      await expect(sleeping).rejects.toThrow('enough');
      expect(clock.pendingTimerCount).toBe(0);
    });
  });

  test('cancelled timers stay in the heap only while they are few', async () => {
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

  test('cancelled timers, however many and however far in the future', async () => {
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

  test('the heap throws away cancelled timers before they come up', () => {
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

  // Two chains, so that the list of deferred callbacks is never empty: done ones must be dropped from within.
  test('two chains of deferred callbacks take turns, however long', async () => {
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

test('it counts what it ran', async () => {
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

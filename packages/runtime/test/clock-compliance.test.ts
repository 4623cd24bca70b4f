// Both clocks of this package pass the compliance suite, and clocks that break a rule fail it.
import { setImmediate as nextLoop } from 'node:timers/promises';
import { SystemClock, VirtualClock, type Clock } from '@raftlab/runtime';
import { AssertionError } from '@raftlab/runtime/assert';
import { clockCompliance, type ClockUnderTest } from '@raftlab/runtime/compliance';
import { describe, expect, test } from 'vitest';

const clocks: Readonly<Record<string, ClockUnderTest>> = {
  virtual: {
    run(program) {
      const clock = new VirtualClock();
      return clock.run(() => program(clock));
    },
  },
  // After a busy iteration of the event loop several timers are due at once: the order must be the same then.
  real: {
    async run(program) {
      await nextLoop();
      await program(new SystemClock());
    },
  },
};

describe.each(Object.entries(clocks))('the %s clock', (_name, underTest) => {
  test.each(clockCompliance.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    await each.run(underTest);
  });
});

/** A virtual clock with some methods replaced by broken ones. */
function broken(breakClock: (clock: VirtualClock) => Partial<Clock>): ClockUnderTest {
  return {
    run(program) {
      const clock = new VirtualClock();
      const whole: Clock = {
        now: () => clock.now(),
        setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
        sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
        defer: (callback) => clock.defer(callback),
        breathe: () => clock.breathe(),
        watch: (promise, describe_) => clock.watch(promise, describe_),
      };
      return clock.run(() => program({ ...whole, ...breakClock(clock) }));
    },
  };
}

describe('the suite rejects a clock', () => {
  test.each<[string, ClockUnderTest]>([
    [
      'whose sleep ignores its signal',
      broken((clock) => ({ sleep: (ms) => clock.sleep(Math.min(ms, 5000)) })),
    ],
    [
      'whose timers cannot be cancelled',
      broken((clock) => ({
        setTimer: (ms, callback) => {
          clock.setTimer(ms, callback);
          return { cancel: () => undefined };
        },
      })),
    ],
    ['that runs deferred callbacks at once', broken(() => ({ defer: (callback) => callback() }))],
    [
      'that replaces a bad delay by 0',
      broken((clock) => ({
        setTimer: (ms, callback) => clock.setTimer(ms >= 0 && ms < Infinity ? ms : 0, callback),
      })),
    ],
  ])('%s', async (_what, underTest) => {
    const results = await Promise.allSettled(clockCompliance.map((each) => each.run(underTest)));
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons).toContainEqual(expect.any(AssertionError));
  });
});

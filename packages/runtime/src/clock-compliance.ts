// The compliance suite of clocks: what every Clock must do, as data for any test runner. Each case is a program that logs what
// happens, in order.
import { getEventListeners } from 'node:events';
import { assert } from './assert.ts';
import type { Clock } from './clock.ts';

/** The clock that the suite tests. */
export interface ClockUnderTest {
  /** Runs the program on a new clock, and settles as the program does. */
  run(program: (clock: Clock) => Promise<void>): Promise<void>;
}

/** One rule of the suite. */
export interface ClockCase {
  /** The rule, as a sentence. */
  readonly title: string;
  /** Rejects with an AssertionError that has the expected log and the log that was found. */
  run(underTest: ClockUnderTest): Promise<void>;
}

interface Program {
  readonly title: string;
  run(clock: Clock, log: (event: string) => void): Promise<void>;
  /** The log. */
  readonly expected: readonly string[];
}

const badDelaysMs = [-1, -0.001, Infinity, NaN];

const programs: readonly Program[] = [
  {
    title: 'promise callbacks run before deferred callbacks, and these before timers',
    async run(clock, log) {
      clock.setTimer(0, () => log('timer'));
      clock.defer(() => log('deferred'));
      void Promise.resolve().then(() => log('promise'));
      log('turn');
      await clock.sleep(5);
    },
    expected: ['turn', 'promise', 'deferred', 'timer'],
  },
  {
    title: 'a chain of promises runs to its end before a deferred callback',
    async run(clock, log) {
      clock.defer(() => log('deferred'));
      for (let link = 1; link <= 50; link += 1) await Promise.resolve();
      log('end of the chain');
      await clock.sleep(1);
    },
    expected: ['end of the chain', 'deferred'],
  },
  {
    title: 'promise callbacks that a timer causes run before the next timer of the same time',
    async run(clock, log) {
      for (const name of ['a', 'b']) {
        clock.setTimer(2, () => {
          log(name);
          void chain(20).then(() => log(`promise of ${name}`));
        });
      }
      await clock.sleep(5);
    },
    expected: ['a', 'promise of a', 'b', 'promise of b'],
  },
  {
    title: 'what a timer defers runs before the next timer of the same time, with its promise callbacks',
    async run(clock, log) {
      for (const name of ['a', 'b']) {
        clock.setTimer(2, () => {
          log(name);
          clock.defer(() => {
            log(`deferred by ${name}`);
            void chain(20).then(() => log(`promise of ${name}`));
          });
        });
      }
      await clock.sleep(6);
    },
    expected: ['a', 'deferred by a', 'promise of a', 'b', 'deferred by b', 'promise of b'],
  },
  {
    title: 'timers of the same time fire in the order in which they were set',
    async run(clock, log) {
      for (let name = 1; name <= 8; name += 1) clock.setTimer(3, () => log(`${name}`));
      await clock.sleep(8);
    },
    expected: ['1', '2', '3', '4', '5', '6', '7', '8'],
  },
  {
    title: 'timers fire in order of time, not in the order in which they were set',
    async run(clock, log) {
      for (const delayMs of [30, 10, 20, 0]) clock.setTimer(delayMs, () => log(`${delayMs}`));
      await clock.sleep(40);
    },
    expected: ['0', '10', '20', '30'],
  },
  {
    title: 'deferred callbacks run in the order of the calls',
    async run(clock, log) {
      for (const name of ['a', 'b', 'c']) clock.defer(() => log(name));
      await clock.sleep(1);
    },
    expected: ['a', 'b', 'c'],
  },
  {
    title: 'what a deferred callback defers runs after the promise callbacks that it causes',
    async run(clock, log) {
      clock.defer(() => {
        log('outer');
        clock.defer(() => log('inner'));
        void chain(20).then(() => log('promise'));
      });
      await clock.sleep(2);
    },
    expected: ['outer', 'promise', 'inner'],
  },
  {
    title: 'a cancelled timer does not fire; cancelling it again, or after it fired, does nothing',
    async run(clock, log) {
      const cancelled = clock.setTimer(1, () => log('cancelled'));
      const fired = clock.setTimer(1, () => log('fired'));
      cancelled.cancel();
      cancelled.cancel();
      await clock.sleep(4);
      fired.cancel();
      cancelled.cancel();
      clock.setTimer(1, () => log('another'));
      await clock.sleep(4);
    },
    expected: ['fired', 'another'],
  },
  {
    title: 'a timer can cancel a later timer of the same time',
    async run(clock, log) {
      clock.setTimer(2, () => {
        log('first');
        second.cancel();
      });
      const second = clock.setTimer(2, () => log('second'));
      await clock.sleep(6);
    },
    expected: ['first'],
  },
  {
    title: 'a deferred callback can cancel a timer that is already due',
    async run(clock, log) {
      clock.setTimer(2, () => {
        log('first');
        clock.defer(() => second.cancel());
      });
      const second = clock.setTimer(2, () => log('second'));
      await clock.sleep(6);
    },
    expected: ['first'],
  },
  {
    title: 'a sleep rejects with the reason of its signal as soon as the signal aborts',
    async run(clock, log) {
      const controller = new AbortController();
      clock.setTimer(2, () => controller.abort(new Error('enough')));
      const before = clock.now();
      await clock.sleep(3_600_000, controller.signal).catch((error: unknown) => log(String(error)));
      log(clock.now() - before < 1000 ? 'soon' : 'late');
    },
    expected: ['Error: enough', 'soon'],
  },
  {
    title:
      'a sleep on an aborted signal rejects at once; a reason that is not an Error becomes a SleepAbortedError',
    async run(clock, log) {
      await clock.sleep(3_600_000, AbortSignal.abort('stop')).catch((error: unknown) => log(String(error)));
    },
    expected: ['SleepAbortedError: The sleep was aborted by its signal, with the reason stop.'],
  },
  {
    title: 'a sleep that has ended does not listen to its signal',
    async run(clock, log) {
      const controller = new AbortController();
      await clock.sleep(1, controller.signal);
      log(`${getEventListeners(controller.signal, 'abort').length} listeners`);
      controller.abort(new Error('too late'));
      await chain(5);
      log('ended');
    },
    expected: ['0 listeners', 'ended'],
  },
  {
    title: 'breathe resolves after queued promise callbacks and before deferred callbacks',
    async run(clock, log) {
      void Promise.resolve().then(() => log('queued callback'));
      clock.defer(() => log('deferred'));
      await clock.breathe();
      log('breathed');
      await clock.sleep(1);
    },
    expected: ['queued callback', 'breathed', 'deferred'],
  },
  {
    title: 'watch returns the promise with its value or error',
    async run(clock, log) {
      log(await clock.watch(Promise.resolve('value'), () => 'a value'));
      await clock
        .watch(Promise.reject(new Error('no')), () => 'an error')
        .catch((error: unknown) => log(String(error)));
    },
    expected: ['value', 'Error: no'],
  },
  {
    title: 'a delay that is negative, infinite or NaN is a RangeError',
    async run(clock, log) {
      for (const delayMs of badDelaysMs) {
        try {
          clock.setTimer(delayMs, () => log('fired'));
        } catch (error) {
          log(`timer: ${String(error)}`);
        }
        await clock.sleep(delayMs).catch((error: unknown) => log(`sleep: ${String(error)}`));
      }
    },
    expected: badDelaysMs.flatMap((delayMs) => {
      const refusal = `RangeError: A delay must be a finite number of milliseconds, 0 or more; got ${delayMs}.`;
      return [`timer: ${refusal}`, `sleep: ${refusal}`];
    }),
  },
  {
    title: 'timers without delay that set each other fire one after the other',
    async run(clock, log) {
      await new Promise<void>((resolve) => {
        const again = (depth: number): void => {
          log(`${depth}`);
          if (depth === 4) resolve();
          else clock.setTimer(0, () => again(depth + 1));
        };
        again(0);
      });
    },
    expected: ['0', '1', '2', '3', '4'],
  },
];

/** The cases, which are independent of each other. In real time each takes up to 60 ms. */
export const clockCompliance: readonly ClockCase[] = programs.map((program) => ({
  title: program.title,
  async run(underTest) {
    const events: string[] = [];
    await underTest.run((clock) => program.run(clock, (event) => void events.push(event)));
    const [expected, found] = [program.expected.join(', '), events.join(', ')];
    assert(found === expected, `${program.title}:\n  expected ${expected}\n  found    ${found}`);
  },
}));

async function chain(links: number): Promise<void> {
  for (let link = 0; link < links; link += 1) await Promise.resolve();
}

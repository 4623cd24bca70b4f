// What every Clock must satisfy, as data: any test runner, or none, can run it against a new implementation. Each case is a
// small program that logs what happens, in order; a case that fails throws an Error with both logs.
import { getEventListeners } from 'node:events';
import type { Clock } from './clock.ts';

/** How a clock is tested. */
export interface ClockUnderTest {
  /** Runs the program on a new clock; resolves, or rejects, as the program does. */
  run(program: (clock: Clock) => Promise<void>): Promise<void>;
}

export interface ClockCase {
  readonly title: string;
  /** Rejects with an Error that shows what was expected and what was found. */
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
    title: 'promise work comes before deferred callbacks, and these before timers',
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
    title: 'a whole chain of promises comes before a deferred callback',
    async run(clock, log) {
      clock.defer(() => log('deferred'));
      for (let link = 1; link <= 50; link += 1) await Promise.resolve();
      log('end of the chain');
      await clock.sleep(1);
    },
    expected: ['end of the chain', 'deferred'],
  },
  {
    title: 'promise work that a timer causes comes before the next timer of the same time',
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
    title: 'what a timer defers comes before the next timer of the same time, and so does its promise work',
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
    title: 'timers of equal times fire in order of creation',
    async run(clock, log) {
      for (let name = 1; name <= 8; name += 1) clock.setTimer(3, () => log(`${name}`));
      await clock.sleep(8);
    },
    expected: ['1', '2', '3', '4', '5', '6', '7', '8'],
  },
  {
    title: 'timers fire in order of time, not of creation',
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
    title: 'what a deferred callback defers waits for the promise work between',
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
    title: 'a cancelled timer does not fire; cancelling again, or too late, does nothing',
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
    title: 'a timer is cancelled by a timer of the same time',
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
    title: 'a timer that is due already is cancelled by a deferred callback',
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
    title: 'a sleep rejects with the reason of its signal, at once',
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
      'a sleep on a signal that has aborted rejects without waiting; a reason that is no Error is wrapped',
    async run(clock, log) {
      await clock.sleep(3_600_000, AbortSignal.abort('stop')).catch((error: unknown) => log(String(error)));
    },
    expected: ['Error: aborted: stop'],
  },
  {
    title: 'a sleep that ended does not listen to its signal any more',
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
    title: 'breathing takes no time and lets waiting promise work go first',
    async run(clock, log) {
      void Promise.resolve().then(() => log('waiting work'));
      clock.defer(() => log('deferred'));
      await clock.breathe();
      log('breathed');
      await clock.sleep(1);
    },
    expected: ['waiting work', 'breathed', 'deferred'],
  },
  {
    title: 'watch passes values and errors through',
    async run(clock, log) {
      log(await clock.watch(Promise.resolve('value'), () => 'a value'));
      await clock
        .watch(Promise.reject(new Error('no')), () => 'an error')
        .catch((error: unknown) => log(String(error)));
    },
    expected: ['value', 'Error: no'],
  },
  {
    title: 'delays that are negative, infinite or NaN are refused',
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
    title: 'nested timers without delay come one after another',
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

/** The contract of Clock. In real time its cases take up to 60 ms each. */
export const clockCompliance: readonly ClockCase[] = programs.map((program) => ({
  title: program.title,
  async run(underTest) {
    const events: string[] = [];
    await underTest.run((clock) => program.run(clock, (event) => void events.push(event)));
    if (events.join('\n') === program.expected.join('\n')) return;
    throw new Error(
      `${program.title}:\n  expected ${program.expected.join(', ')}\n  found    ${events.join(', ')}`,
    );
  },
}));

async function chain(links: number): Promise<void> {
  for (let link = 0; link < links; link += 1) await Promise.resolve();
}

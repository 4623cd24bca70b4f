// The lab's own tests, in virtual and in real time.
import { Random, SystemClock, VirtualClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { labTests } from './lab-tests.ts';

const named = labTests.map((labTest) => [`${labTest.id}: ${labTest.title}`, labTest] as const);
const random = Random.fromSeed('lab-tests');

/** The earliest and the latest virtual millisecond at which a test may end. In all other tests no time passes. */
const spans: Readonly<Record<string, readonly [earliest: number, latest: number]>> = {
  TestDisconnect: [0, 99],
  TestUnreliable: [0, 26],
  TestRegression1: [100, 100],
  TestKilled: [1200, 1200],
};

describe('in virtual time', () => {
  test.each(named)('%s', async (_name, labTest) => {
    const clock = new VirtualClock();
    const context = {
      clock,
      random: random.fork(labTest.id),
      killedBoundMs: 100,
      benchmarkCallCount: 100_000,
    };
    await expect(clock.run(() => labTest.run(context))).resolves.toBeUndefined();
    const [earliest, latest] = spans[labTest.id] ?? [0, 0];
    expect(clock.now()).toBeGreaterThanOrEqual(earliest);
    expect(clock.now()).toBeLessThanOrEqual(latest);
  });
});

describe('in real time', () => {
  test.each(named)('%s', async (_name, labTest) => {
    const clock = new SystemClock();
    const context = {
      clock,
      random: random.fork(labTest.id),
      killedBoundMs: 200,
      benchmarkCallCount: 10_000,
    };
    await expect(labTest.run(context)).resolves.toBeUndefined();
  });
});

test('all 11 tests of the lab are here, each once', () => {
  expect(labTests.map(({ id }) => id)).toEqual([
    'TestBasic',
    'TestTypes',
    'TestDisconnect',
    'TestCounts',
    'TestBytes',
    'TestConcurrentMany',
    'TestUnreliable',
    'TestConcurrentOne',
    'TestRegression1',
    'TestKilled',
    'TestBenchmark',
  ]);
});

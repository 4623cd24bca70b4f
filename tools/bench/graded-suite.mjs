// The graded tests in virtual time, one after another in this process, with all invariants checked; one seed per run.
import { gradeTest, lab3 } from '@raftlab/test-harness';
import { repeat, row, timed } from './measurement.mjs';

/** @type {import('./measurement.mjs').Measurement} */
export const gradedSuite = {
  name: 'suite',
  title: 'the graded tests in virtual time, every invariant checked, one core',
  measure: async () => [
    ...(await measureParts('3A and 3B', ['3A', '3B'])),
    ...(await measureParts(
      `all ${lab3.tests.length} tests`,
      lab3.parts.map(({ id }) => id),
    )),
  ],
};

/**
 * @param {string} what
 * @param {readonly string[]} parts
 */
async function measureParts(what, parts) {
  const tests = lab3.tests.filter(({ part }) => parts.includes(part));
  const times = await repeat((seed) =>
    timed(async () => {
      for (const test of tests) {
        const { failure } = await gradeTest(test, { mode: 'virtual', seed });
        if (failure !== undefined) throw new Error(`${test.id} fails with seed ${seed}: ${failure.message}`);
      }
    }),
  );
  const inSeconds = times.map(({ wallMs, cpuMs }) => ({ wall: wallMs / 1000, cpu: cpuMs / 1000 }));
  return [
    row(
      `${what}, wall`,
      's',
      inSeconds.map(({ wall }) => wall),
    ),
    row(
      `${what}, CPU`,
      's',
      inSeconds.map(({ cpu }) => cpu),
    ),
  ];
}

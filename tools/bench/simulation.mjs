// Simulated runs with random faults, and every invariant checked after every event: the cost of an event. An event is a step of
// a core, or a message that was sent. They run in a thread with the memory that `npm run simulate` gives its threads.
import { Piscina } from 'piscina';
import { repeat, row, timed } from './measurement.mjs';

const seedCount = 40;
/** A swarm runs for minutes: what V8 needs to compile the code, some seconds of CPU, is not part of the cost of an event. */
const warmUpSeeds = 60;
/** As in apps/raftlab/src/threads. */
const youngGenerationMb = 192;

/** @type {import('./measurement.mjs').Measurement} */
export const simulation = {
  name: 'simulation',
  title: `simulated runs with faults, all invariants, one core: seeds 1 to ${seedCount}`,
  async measure() {
    const threads = new Piscina({
      filename: new URL('simulation-thread.mjs', import.meta.url).href,
      name: 'simulateSeeds',
      maxThreads: 1,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    try {
      await simulateSeeds(threads, warmUpSeeds);
      const runs = await repeat(() => simulateSeeds(threads, seedCount));
      return [
        row(
          'events',
          'events/s of CPU',
          runs.map(({ events, cpuMs }) => events / (cpuMs / 1000)),
        ),
        row(
          'one event, CPU',
          'µs',
          runs.map(({ events, cpuMs }) => (cpuMs * 1000) / events),
        ),
        row(
          'one run, CPU',
          'ms',
          runs.map(({ cpuMs }) => cpuMs / seedCount),
        ),
      ];
    } finally {
      await threads.destroy();
    }
  },
};

/** @param {Piscina<number, number>} threads @param {number} count */
async function simulateSeeds(threads, count) {
  let events = 0;
  const { wallMs, cpuMs } = await timed(async () => {
    events = await threads.run(count);
  });
  return { events, wallMs, cpuMs };
}

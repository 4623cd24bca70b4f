// Simulated runs with random faults, and every invariant checked after every event: the cost of an event. An event is a step of
// a core, or a message that was sent.
import { simulate } from '@raftlab/simulation';
import { repeat, row, timed } from './measurement.mjs';

const seedCount = 40;
/** A swarm runs for minutes: what V8 needs to compile the code, some seconds of CPU, is not part of the cost of an event. */
const warmUpSeeds = 60;

/** @type {import('./measurement.mjs').Measurement} */
export const simulation = {
  name: 'simulation',
  title: `simulated runs with faults, all invariants, one core: seeds 1 to ${seedCount}`,
  async measure() {
    await simulateSeeds(warmUpSeeds);
    const runs = await repeat(() => simulateSeeds(seedCount));
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
  },
};

/** @param {number} count */
async function simulateSeeds(count) {
  let events = 0;
  const { wallMs, cpuMs } = await timed(async () => {
    for (let seed = 1; seed <= count; seed += 1) {
      const report = await simulate({ seed });
      if (report.violation !== undefined) throw new Error(`seed ${seed}: ${report.violation.message}`);
      events += report.events;
    }
  });
  return { events, wallMs, cpuMs };
}

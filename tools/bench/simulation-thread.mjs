// The thread of the measurement of simulations.
import { simulate } from '@raftlab/simulation';

/** Runs the seeds from 1 to `count`, and returns the number of their events. @param {number} count */
export async function simulateSeeds(count) {
  let events = 0;
  for (let seed = 1; seed <= count; seed += 1) {
    const report = await simulate({ seed });
    if (report.violation !== undefined) throw new Error(`seed ${seed}: ${report.violation.message}`);
    events += report.events;
  }
  return events;
}

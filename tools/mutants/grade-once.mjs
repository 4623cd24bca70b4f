// Tries the copy of the packages in `work` by one detector and prints what failed first, or `survived`. lab: the graded
// tests with the lab's own checks alone; watched: with every invariant; simulation: the swarm of faults.
import { join } from 'node:path';

/** How many simulated runs one mutant is given. */
const simulatedRuns = 150;

const [work, detector, seeds, without] = process.argv.slice(2);
const { allInvariants, gradeTest, gradedTests, simulate } = await import(
  join(work, 'packages/test-harness/dist/index.js')
);

function caught(what, where, eventCount) {
  console.log(`${what} in ${where}, ${eventCount} events`);
  process.exit(0);
}

const switchedOff = without.split(',');
const watched = () => allInvariants().filter(({ name }) => !switchedOff.includes(name));

let eventCount = 0;
if (detector === 'simulation') {
  for (let seed = 1; seed <= simulatedRuns; seed += 1) {
    const { violation, events } = await simulate({ seed, invariants: watched() });
    eventCount += events;
    if (violation === undefined) continue;
    // A liveness bound names itself; a stopped peer says which rule was broken.
    const [headline] = violation.message.split('\n');
    const what =
      violation.property.endsWith('Violation') || violation.property.endsWith('Error')
        ? headline.slice(0, 70)
        : violation.property;
    caught(what, `run ${seed}`, eventCount);
  }
} else {
  for (let seed = 1; seed <= Number(seeds); seed += 1) {
    for (const test of gradedTests) {
      const { failure, eventCount: count } = await gradeTest(test, {
        mode: 'virtual',
        seed,
        invariants: detector === 'lab' ? [] : watched(),
      });
      eventCount += count;
      if (failure === undefined) continue;
      const what =
        failure.kind === 'InvariantViolation' ? failure.message.split(' is violated')[0] : failure.kind;
      caught(what, `${test.id}, seed ${seed}`, eventCount);
    }
  }
}
console.log('survived');

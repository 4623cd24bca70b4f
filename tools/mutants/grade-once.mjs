// Grades the copy of the packages in `work` and prints what failed first, or `survived`.
import { join } from 'node:path';

const [work, detector, seeds] = process.argv.slice(2);
const { gradeTest, gradedTests, raftlab, raftlabOnSlowDisk } = await import(
  join(work, 'packages/test-harness/dist/index.js')
);
const implementation = detector === 'slow-disk' ? raftlabOnSlowDisk : raftlab;
let eventCount = 0;
for (let seed = 1; seed <= Number(seeds); seed += 1) {
  for (const test of gradedTests) {
    const watched = detector === 'lab' ? { invariants: [] } : {};
    const { failure, eventCount: count } = await gradeTest(test, {
      mode: 'virtual',
      seed,
      implementation,
      ...watched,
    });
    eventCount += count;
    if (failure === undefined) continue;
    const what =
      failure.kind === 'InvariantViolation' ? failure.message.split(' is violated')[0] : failure.kind;
    console.log(`${what} in ${test.id}, seed ${seed}, ${eventCount} events`);
    process.exit(0);
  }
}
console.log('survived');

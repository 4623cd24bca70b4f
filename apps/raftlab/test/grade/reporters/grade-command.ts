// A grading command, as parsed from the command line.
import { wholeSeries } from '#src/shard';
import { lab3 } from '@raftlab/test-harness';
import type { GradeRequest } from '#src/grade/request';

/** The first test in virtual time, with these changes. */
export function commandFor(changes: Partial<GradeRequest>): GradeRequest {
  return {
    tests: lab3.tests.slice(0, 1),
    mode: 'virtual',
    storage: 'memory',
    seed: 42,
    runs: 1,
    shard: wholeSeries,
    jobs: 1,
    comparesWithLab: false,
    reporters: [{ name: 'lab' }],
    trace: { folder: '', isOff: true },
    ...changes,
  };
}

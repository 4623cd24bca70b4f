// The largest explorations, of reads and transfers, in a file of their own, so that they run beside the others.
import { describe, test } from 'vitest';
import { check } from './complete-exploration.ts';

describe('all states within small bounds are safe, with reads and transfers', () => {
  test('one term, one message at a time, two reads on any servers (thesis 6.4)', () =>
    check({ maxTerm: 1, maxInFlight: 1, reads: 2 }, 156_960, 28));

  test('two terms, one message at a time, noops, a read', () =>
    check({ maxInFlight: 1, maxEntries: 0, noops: true, reads: 1 }, 183_271, 32));

  test('two terms, one message at a time, noops, pre-votes, a transfer (thesis 3.10)', () =>
    check({ maxInFlight: 1, maxEntries: 0, noops: true, preVotes: true, transfers: 1 }, 366_638, 41));
});

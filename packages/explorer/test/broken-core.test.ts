// The explorer detects each broken rule on a shortest path, and describes the path.
import { expect, test } from 'vitest';
import type { ExplorerBounds } from '#src/bounds';
import { explore } from '#src/explore';
import type { BeginCore } from '#src/explored-core';
import {
  acknowledgesWhatItLacks,
  announcesItsWholeLog,
  commitsWhatItReceives,
  grantsEveryVote,
  ignoresTheElectionRestriction,
  keepsItsVoteInMemory,
  servesReadsWithoutAsking,
  startsWithoutItsLog,
} from './broken-core.ts';

interface Expected {
  readonly property: string;
  readonly length: number;
  readonly bounds?: Partial<ExplorerBounds>;
}

function check(begin: BeginCore, { property, length, bounds }: Expected): void {
  const { violation, isComplete } = explore({ maxInFlight: 1, ...bounds }, { begin });
  expect(isComplete).toBe(false);
  expect([violation?.property, violation?.transcript.length], violation?.transcript.join('\n')).toEqual([
    property,
    length,
  ]);
}

test('a server that grants every vote', () => {
  check(grantsEveryVote, { property: 'One vote per term, durably', length: 3 });
});

test('a server whose vote is not durable', () => {
  check(keepsItsVoteInMemory, { property: 'Persist before visible', length: 1 });
});

test('a leader that serves reads without asking whether it still leads', () => {
  check(servesReadsWithoutAsking, {
    property: 'Reads are linearizable',
    length: 15,
    bounds: { maxEntries: 0, noops: true, reads: 1 },
  });
});

test('a server that votes for candidates with shorter logs', () => {
  check(ignoresTheElectionRestriction, { property: 'Leader Completeness', length: 10 });
});

// With three servers a follower that has an entry and its leader are a majority.
test('a follower that commits what it receives', () => {
  const bounds = { serverCount: 4, maxTerm: 1, maxInFlight: 2 };
  check(commitsWhatItReceives, { property: 'commitIndex is earned', length: 8, bounds });
});

test('a leader that reports its whole log as committed', () => {
  const bounds = { serverCount: 4, maxTerm: 1, maxInFlight: 2 };
  check(announcesItsWholeLog, { property: 'Chosen is durable on a majority', length: 8, bounds });
});

test('a server that loses its log when it restarts', () => {
  check(startsWithoutItsLog, {
    property: 'matchIndex is true',
    length: 8,
    bounds: { maxTerm: 1, crashes: 1 },
  });
});

test('a follower that acknowledges what it lacks', () => {
  check(acknowledgesWhatItLacks, { property: 'Stale messages change nothing', length: 5 });
});

test("the transcript has a line for each action, with the servers' states after it", () => {
  const { violation } = explore({ maxInFlight: 1 }, { begin: grantsEveryVote });
  expect(violation?.transcript).toMatchInlineSnapshot(`
    [
      "1. server 0: election timeout (lost: 0 to 2 RequestVote term 1 last 0/0)  | 0 candidate, term 1, vote 0, log empty, commit 0 | 1 follower, term 0, vote none, log empty, commit 0 | 2 follower, term 0, vote none, log empty, commit 0",
      "2. server 1: election timeout (lost: 1 to 0 RequestVote term 1 last 0/0; 1 to 2 RequestVote term 1 last 0/0)  | 0 candidate, term 1, vote 0, log empty, commit 0 | 1 candidate, term 1, vote 1, log empty, commit 0 | 2 follower, term 0, vote none, log empty, commit 0",
      "3. server 1 receives from 0: RequestVote term 1 last 0/0  One vote per term, durably is violated: server 1 sends its vote for 0 in term 1, but storage has term 1, vote for 1",
    ]
  `);
});

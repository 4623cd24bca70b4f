// §5.3: the follower's side of AppendEntries, then the leader's: what it sends to which follower, when, and the effect of replies.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { CommandEntry, type Message } from '@raftlab/protocol';
import { AssertionError, type Outputs } from '@raftlab/raft-core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  applies,
  DrivenCore,
  envelopeTo,
  leaderOf,
  persists,
  refusal,
  replicatingLeaderOf,
  requestVote,
  said,
  snapshotAck,
  type Append,
  type Given,
} from '../driven-core.ts';

interface Expected {
  /** The terms of the log afterwards. */
  readonly log: string;
  readonly reply: string;
  /** `nothing` by default. */
  readonly persists?: string;
  readonly commit?: number;
  readonly applies?: string;
}

/** A follower in term 3 that receives one AppendEntries from server 1. */
function check(given: Given, append: Partial<Append>, expected: Expected): DrivenCore {
  const driven = new DrivenCore({ currentTerm: 3, ...given });
  const outputs = driven.receive(1, appendEntries({ term: 3, ...append }));
  expect({
    log: driven.logText,
    said: said(outputs),
    persists: persists(outputs),
    commit: driven.state.commitIndex,
    applies: applies(outputs),
  }).toEqual({
    log: expected.log,
    said: [`1 once durable: ${expected.reply}`],
    persists: expected.persists ?? 'nothing',
    commit: expected.commit ?? 0,
    applies: expected.applies ?? '',
  });
  return driven;
}

// ---- the follower ----

test('a follower appends entries after its log, and acknowledges once they are durable (§5.3)', () => {
  check(
    { terms: [1] },
    { after: [1, 1], terms: [2, 3] },
    { log: '1 2 3', reply: 'ack t3 match 3', persists: 'from 2: 2 3' },
  );
  check({}, { terms: [1, 1] }, { log: '1 1', reply: 'ack t3 match 2', persists: 'from 1: 1 1' });
});

test('a follower persists a new term and the entries of that term in one batch (Figure 2, persistent state)', () => {
  const driven = new DrivenCore({ terms: [1] });
  const outputs = driven.receive(1, appendEntries({ term: 2, after: [1, 1], terms: [2] }));
  expect(persists(outputs)).toBe('t2 vote -; from 2: 2');
});

test('a follower refuses an entry without its predecessor, and reports where its log ends (Figure 2, AppendEntries 2)', () => {
  check(
    { terms: [1, 1] },
    { after: [5, 2], terms: [3] },
    { log: '1 1', reply: 'refusal t3 of 5, conflict t0 from 3' },
  );
  check({}, { after: [1, 1], terms: [3] }, { log: '', reply: 'refusal t3 of 1, conflict t0 from 1' });
});

test('a follower refuses an entry whose predecessor has another term, and reports where that term begins (§5.3, the end)', () => {
  const terms = [1, 2, 2, 2];
  check(
    { terms },
    { after: [4, 3], terms: [3] },
    { log: '1 2 2 2', reply: 'refusal t3 of 4, conflict t2 from 2' },
  );
  check({ terms }, { after: [3, 1] }, { log: '1 2 2 2', reply: 'refusal t3 of 3, conflict t2 from 2' });
});

test('a heartbeat is refused like any AppendEntries if its previous entry is missing (Figure 2, AppendEntries 2)', () => {
  check(
    { terms: [1] },
    { after: [3, 2], commit: 3 },
    { log: '1', reply: 'refusal t3 of 3, conflict t0 from 2' },
  );
  check(
    { terms: [1, 2] },
    { after: [2, 3], commit: 2 },
    { log: '1 2', reply: 'refusal t3 of 2, conflict t2 from 2' },
  );
});

test('a heartbeat that matches acknowledges its previous entry and changes nothing (§5.3)', () => {
  check({ terms: [1, 2] }, { after: [2, 2] }, { log: '1 2', reply: 'ack t3 match 2' });
});

test('a conflicting entry and all after it are removed and replaced (Figure 2, AppendEntries 3 and 4)', () => {
  check(
    { terms: [1, 2, 2, 2] },
    { after: [1, 1], terms: [3] },
    { log: '1 3', reply: 'ack t3 match 2', persists: 'from 2: 3' },
  );
  // The entries before the conflict are neither truncated nor written again.
  check(
    { terms: [1, 2, 2, 2] },
    { after: [0, 0], terms: [1, 2, 3, 3] },
    { log: '1 2 3 3', reply: 'ack t3 match 4', persists: 'from 3: 3 3' },
  );
});

test('an AppendEntries whose entries are all present truncates nothing: it may be an old one (Figure 2, AppendEntries 3)', () => {
  check({ terms: [1, 2, 3, 3] }, { after: [1, 1], terms: [2] }, { log: '1 2 3 3', reply: 'ack t3 match 2' });
  check({ terms: [1, 2, 3, 3] }, { after: [1, 1] }, { log: '1 2 3 3', reply: 'ack t3 match 1' });
  check(
    { terms: [1, 2, 3, 3] },
    { after: [0, 0], terms: [1, 2, 3, 3] },
    { log: '1 2 3 3', reply: 'ack t3 match 4' },
  );
});

test('an AppendEntries that overlaps the log appends only the missing entries (Figure 2, AppendEntries 4)', () => {
  check(
    { terms: [1, 2] },
    { after: [1, 1], terms: [2, 2, 3] },
    { log: '1 2 2 3', reply: 'ack t3 match 4', persists: 'from 3: 2 3' },
  );
});

test("an acknowledgement names the last index that the message verified, not the follower's last index (§5.3)", () => {
  check({ terms: [1, 2, 2, 2] }, { after: [1, 1], terms: [2] }, { log: '1 2 2 2', reply: 'ack t3 match 2' });
});

test('a follower commits up to leaderCommit (Figure 2, AppendEntries 5)', () => {
  check(
    { terms: [1, 1, 1] },
    { after: [3, 1], commit: 2 },
    { log: '1 1 1', reply: 'ack t3 match 3', commit: 2, applies: '1 2' },
  );
});

test('a follower commits no further than the last entry that the message verified (Figure 2, AppendEntries 5)', () => {
  // The entries after it may be a conflicting suffix that the leader does not have.
  check(
    { terms: [1, 2, 2, 2] },
    { after: [1, 1], commit: 4 },
    { log: '1 2 2 2', reply: 'ack t3 match 1', commit: 1, applies: '1' },
  );
  check(
    { terms: [1, 2, 2, 2] },
    { after: [1, 1], terms: [2], commit: 9 },
    { log: '1 2 2 2', reply: 'ack t3 match 2', commit: 2, applies: '1 2' },
  );
});

test('the commit index never decreases, and no entry is applied twice (§5.3)', () => {
  const driven = check(
    { terms: [1, 1, 1] },
    { after: [3, 1], commit: 3 },
    { log: '1 1 1', reply: 'ack t3 match 3', commit: 3, applies: '1 2 3' },
  );
  const outputs = driven.receive(1, appendEntries({ term: 3, after: [3, 1], commit: 1 }));
  expect([driven.state.commitIndex, applies(outputs)]).toEqual([3, '']);
});

test('a conflict with a committed entry is a bug, and an assertion stops the server (§5.4, State Machine Safety)', () => {
  const make = (): DrivenCore => {
    const driven = new DrivenCore({ terms: [1, 1, 2], currentTerm: 3 });
    driven.receive(1, appendEntries({ term: 3, after: [3, 2], commit: 2 }));
    return driven;
  };
  for (const append of [
    { after: [1, 1], terms: [3] },
    { after: [2, 3], terms: [3] },
    { after: [0, 0], terms: [1, 2] },
  ] as const) {
    expect(() => make().receive(1, appendEntries({ term: 3, ...append }))).toThrow(AssertionError);
    expect(() => make().receive(1, appendEntries({ term: 3, ...append }))).toThrow('2 is committed here');
  }
  // One index later it is an ordinary conflict.
  const driven = make();
  driven.receive(1, appendEntries({ term: 3, after: [2, 1], terms: [3] }));
  expect(driven.logText).toBe('1 1 3');
});

test('the prefix that a snapshot covers matches, whatever terms an old message has for it (§7)', () => {
  const given: Given = { snapshot: [4, 2], terms: [2, 3] };
  check(given, { after: [1, 1], terms: [1] }, { log: '[4/2] 2 3', reply: 'ack t3 match 4', commit: 4 });
  check(given, { after: [2, 1], terms: [2, 2, 2] }, { log: '[4/2] 2 3', reply: 'ack t3 match 5', commit: 4 });
  check(
    given,
    { after: [2, 1], terms: [2, 2, 3] },
    { log: '[4/2] 3', reply: 'ack t3 match 5', persists: 'from 5: 3', commit: 4 },
  );
  check(given, { after: [4, 2] }, { log: '[4/2] 2 3', reply: 'ack t3 match 4', commit: 4 });
});

test("the reported start of a conflicting term is at least the snapshot's last index, whose term is known (§5.3, §7)", () => {
  check(
    { snapshot: [4, 2], terms: [2, 2], currentTerm: 3 },
    { after: [6, 3] },
    { log: '[4/2] 2 2', reply: 'refusal t3 of 6, conflict t2 from 4', commit: 4 },
  );
});

// ---- the leader ----

/** The messages at the next tick, after these messages from server 1. */
function next(driven: DrivenCore, ...messages: readonly Message[]): string[] {
  for (const message of messages) driven.receive(1, message);
  return said(driven.tick());
}

/** The messages at each of the next ticks, until there are none. */
function nextTurns(driven: DrivenCore, ...messages: readonly Message[]): string[] {
  const sent: string[] = [];
  for (let left = next(driven, ...messages); left.length > 0; left = next(driven)) sent.push(...left);
  return sent;
}

function only(lines: readonly string[], server: number): string[] {
  return lines.filter((line) => line.startsWith(`${server}: `));
}

test('a new leader assumes that every follower has its whole log, and has verified nothing (Figure 2, nextIndex and matchIndex)', () => {
  const { nextIndex, matchIndex, mode } = leaderOf({ terms: [1, 1, 2] }).progress(1);
  expect({ nextIndex, matchIndex, mode }).toEqual({ nextIndex: 4, matchIndex: 0, mode: 'probe' });
});

test('a leader appends a command in its own term and persists it, and sends it at the end of the turn (Figure 2, Leaders 2)', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  const outputs = driven.propose(7);
  expect([driven.logText, persists(outputs), said(outputs)]).toEqual(['1 2', 'from 2: 2', []]);
  expect(outputs.wakeAt).toBeLessThanOrEqual(driven.now);
  expect(next(driven)).toEqual([
    '1: AppendEntries t2 after 1/1 [2] commit 0',
    '2: AppendEntries t2 after 1/1 [2] commit 0',
  ]);
  expect(driven.propose().wakeAt).toBe(driven.now + 100);
});

test('a proposal to a server that does not lead is a bug of the caller', () => {
  expect(() => new DrivenCore({}).propose(1)).toThrow(AssertionError);
});

test('the proposals of one turn are sent in one message per follower (§5.3)', () => {
  const driven = replicatingLeaderOf({});
  driven.propose(1);
  driven.propose(2, 3);
  driven.propose(4);
  expect(next(driven)).toEqual([
    '1: AppendEntries t1 after 0/0 [1 1 1 1] commit 0',
    '2: AppendEntries t1 after 0/0 [1 1 1 1] commit 0',
  ]);
});

test("replication does not wait for the leader's own disk (thesis 10.2.1)", () => {
  const driven = replicatingLeaderOf({});
  driven.propose(1);
  expect(next(driven)).toHaveLength(2);
  expect(driven.leader.durableIndex).toBe(0);
});

test('a follower that is being probed receives one message at a time, until the logs are known to agree (§5.3)', () => {
  const driven = leaderOf({ terms: [1] });
  expect(only(next(driven), 1)).toEqual(['1: AppendEntries t2 after 1/1 [] commit 0']);
  driven.propose(1);
  driven.propose(2);
  expect(next(driven)).toEqual([]);
  expect(driven.progress(1).mode).toBe('probe');
  expect(only(next(driven, ack(2, 1)), 1)).toEqual(['1: AppendEntries t2 after 1/1 [2 2] commit 0']);
  expect(driven.progress(1).mode).toBe('replicate');
  expect(driven.progress(2).mode).toBe('probe');
});

test('a follower in replication receives entries without waiting for earlier replies (§5.3)', () => {
  const driven = replicatingLeaderOf({});
  const heard: string[] = [];
  for (const value of [1, 2, 3]) {
    driven.propose(value);
    heard.push(...only(next(driven), 1));
  }
  expect(heard).toEqual([
    '1: AppendEntries t1 after 0/0 [1] commit 0',
    '1: AppendEntries t1 after 1/1 [1] commit 0',
    '1: AppendEntries t1 after 2/1 [1] commit 0',
  ]);
  expect(driven.progress(1).inflight.map(({ end }) => end)).toEqual([1, 2, 3]);
});

test('at most the allowed number of messages is in flight; then the leader sends heartbeats only, and any reply resumes replication (§5.3)', () => {
  const driven = replicatingLeaderOf({ config: { maxInflightMessages: 2, maxEntriesPerMessage: 2 } });
  driven.propose(1, 2, 3, 4, 5, 6, 7);
  expect(only(nextTurns(driven), 1)).toEqual([
    '1: AppendEntries t1 after 0/0 [1 1] commit 0',
    '1: AppendEntries t1 after 2/1 [1 1] commit 0',
  ]);
  expect(next(driven)).toEqual([]);
  driven.now += 100;
  // A heartbeat depends on none of them; when it is answered, a request that does follows them.
  expect(only(next(driven), 1)).toEqual(['1: AppendEntries t1 after 0/0 [] commit 0']);
  expect(only(nextTurns(driven, ack(1, 0)), 1)).toEqual(['1: AppendEntries t1 after 4/1 [] commit 0']);
  // Its answer acknowledges everything before it.
  expect(only(nextTurns(driven, ack(1, 4)), 1)).toEqual([
    '1: AppendEntries t1 after 4/1 [1 1] commit 0',
    '1: AppendEntries t1 after 6/1 [1] commit 0',
  ]);
});

test('a message has no more entries and bytes than allowed, except for a single larger command (§5.3)', () => {
  const driven = replicatingLeaderOf({ config: { maxBytesPerMessage: 10, maxEntriesPerMessage: 3 } });
  const sizes = [4, 4, 4, 25, 1, 1, 1, 1];
  driven.step({ kind: 'propose', commands: sizes.map((sizeBytes) => new Uint8Array(sizeBytes)) });
  expect(only(nextTurns(driven), 1)).toEqual([
    '1: AppendEntries t1 after 0/0 [1 1] commit 0',
    '1: AppendEntries t1 after 2/1 [1] commit 0',
    '1: AppendEntries t1 after 3/1 [1] commit 0',
    '1: AppendEntries t1 after 4/1 [1 1 1] commit 0',
    '1: AppendEntries t1 after 7/1 [1] commit 0',
  ]);
});

test('a turn sends one message per follower; the rest is due at once (§5.3)', () => {
  const driven = replicatingLeaderOf({ config: { maxEntriesPerMessage: 2 } });
  driven.propose(1, 2, 3);
  expect(only(next(driven), 1)).toEqual(['1: AppendEntries t1 after 0/0 [1 1] commit 0']);
  expect(driven.core.wakeAt).toBeLessThanOrEqual(driven.now);
  expect(only(next(driven), 1)).toEqual(['1: AppendEntries t1 after 2/1 [1] commit 0']);
  expect(driven.core.wakeAt).toBeGreaterThan(driven.now);
});

test('after a refusal the leader moves nextIndex back and retries at once (Figure 2, Leaders 3)', () => {
  const driven = leaderOf({ terms: [1, 1, 2, 2] });
  driven.tick();
  expect(next(driven, refusal(3, 4, [0, 2]))).toEqual(['1: AppendEntries t3 after 1/1 [1 2 2] commit 0']);
});

test('if the leader has entries of the conflicting term, it continues at its last one before the refused index (§5.3, the end)', () => {
  const driven = leaderOf({ terms: [1, 2, 2, 4, 4] });
  driven.tick();
  expect(next(driven, refusal(5, 5, [2, 2]))).toEqual(['1: AppendEntries t5 after 3/2 [4 4] commit 0']);
});

test('if the leader has no entry of the conflicting term, it skips the whole term (§5.3, the end)', () => {
  const driven = leaderOf({ terms: [1, 1, 4, 4, 4] });
  driven.tick();
  expect(next(driven, refusal(5, 5, [3, 3]))).toEqual(['1: AppendEntries t5 after 2/1 [4 4 4] commit 0']);
});

test('a refusal while entries are in flight returns the follower to probing (§5.3)', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  driven.tick();
  driven.propose(2);
  driven.tick();
  // The first message was lost, and the second arrived without it.
  expect(next(driven, refusal(2, 2, [0, 2]))).toEqual(['1: AppendEntries t2 after 1/1 [2 2] commit 0']);
  expect(driven.progress(1).mode).toBe('probe');
});

// A leader and a follower as Raft can leave them: a common prefix, then suffixes without a common term.
const divergedLogs = fc
  .record({
    common: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    diverged: fc.array(fc.record({ count: fc.integer({ min: 1, max: 4 }), isLeaders: fc.boolean() }), {
      maxLength: 8,
    }),
    /** Whether the first suffix continues the last common term. */
    continues: fc.boolean(),
    leaderCompacted: fc.nat(16),
    followerCompacted: fc.nat(16),
  })
  .map(({ common, diverged, continues, leaderCompacted, followerCompacted }) => {
    const commonTerms = common.flatMap((count, offset) => Array.from({ length: count }, () => offset + 1));
    const leader = [...commonTerms];
    const follower = [...commonTerms];
    let term = common.length + (continues && common.length > 0 ? 0 : 1);
    for (const { count, isLeaders } of diverged) {
      for (let each = 0; each < count; each += 1) (isLeaders ? leader : follower).push(term);
      term += 1;
    }
    const compactedTo = Math.min(leaderCompacted, commonTerms.length);
    const followerCompactedTo = Math.min(followerCompacted, commonTerms.length);
    return {
      leader,
      follower,
      currentTerm: term,
      commonCount: commonTerms.length,
      compactedTo,
      followerCompactedTo,
    };
  });

function compacted(terms: readonly number[], upTo: number): Given {
  return upTo === 0 ? { terms } : { snapshot: [upTo, terms[upTo - 1] ?? 0], terms: terms.slice(upTo) };
}

test('backing up takes at most one refusal per conflicting term, and one for a short log; no snapshot, and no entry that both have (§5.3)', () => {
  fc.assert(
    fc.property(
      divergedLogs,
      ({ leader, follower, currentTerm, commonCount, compactedTo, followerCompactedTo }) => {
        const leading = leaderOf({ ...compacted(leader, compactedTo), currentTerm, serverCount: 2, me: 0 });
        const term = leading.state.currentTerm;
        const following = new DrivenCore({
          ...compacted(follower, followerCompactedTo),
          currentTerm: term,
          serverCount: 2,
          me: 1,
        });
        let refusalCount = 0;
        let outputs: Outputs = leading.tick();
        for (let round = 0; outputs.send.length > 0; round += 1) {
          expect(round, 'round trips').toBeLessThan(40);
          const { message } = envelopeTo(outputs, 1);
          if (message.kind !== 'appendEntries') throw new Error(`unexpected ${message.kind}`);
          expect(message.args.prevLogIndex, 'nothing that both have is sent again').toBeGreaterThanOrEqual(
            commonCount,
          );
          const answer = envelopeTo(following.receive(0, message), 0).message;
          if (answer.kind === 'appendEntriesReply' && !answer.reply.success) refusalCount += 1;
          leading.receive(1, answer);
          outputs = leading.tick();
        }
        const conflictingTerms = new Set(follower.slice(commonCount));
        expect(refusalCount).toBeLessThanOrEqual(conflictingTerms.size + 1);
        const { lastIndex } = leading.state.log;
        expect(following.state.log.termAt(lastIndex)).toBe(leading.state.log.termAt(lastIndex));
        expect(leading.progress(1).matchIndex).toBe(lastIndex);
      },
    ),
    { numRuns: 500 },
  );
});

test('a refusal of another probe than the last one is stale, and changes nothing (§5.3)', () => {
  const driven = leaderOf({ terms: [1, 1, 2, 2] });
  driven.tick();
  next(driven, refusal(3, 4, [0, 3]));
  const { probeIndex, nextIndex } = driven.progress(1);
  expect([probeIndex, nextIndex]).toEqual([2, 5]);
  // The same refusal again, and one for a request that was never sent.
  expect(next(driven, refusal(3, 4, [0, 3]), refusal(3, 4, [0, 1]), refusal(3, 3, [1, 1]))).toEqual([]);
  expect(driven.progress(1)).toMatchObject({ mode: 'probe', probeIndex, nextIndex });
});

test('a refusal that arrives after a later acknowledgement changes nothing (§5.3)', () => {
  const driven = replicatingLeaderOf({ terms: [1, 1, 2, 2] });
  const before = { ...driven.progress(1) };
  // They answer the first request of this leader, which was acknowledged.
  expect(next(driven, refusal(3, 4, [0, 2], 1), refusal(3, 2, [1, 1], 1))).toEqual([]);
  expect(driven.progress(1)).toEqual(before);
});

test('a reply to a request of an earlier term is ignored, even if it has the present term (§5.1, §5.3)', () => {
  // The leader loses term 2 and wins term 3; the follower refuses a late message of term 2 with its own term, 3.
  const driven = leaderOf({ terms: [1, 1, 2, 2] });
  driven.tick();
  expect(next(driven, refusal(3, 4, [0, 0]), snapshotAck(3, 0))).toEqual([]);
  const { mode, nextIndex, matchIndex } = driven.progress(1);
  expect({ mode, nextIndex, matchIndex }).toEqual({ mode: 'probe', nextIndex: 5, matchIndex: 0 });
});

test('a duplicated or late acknowledgement changes nothing: matchIndex never decreases (Figure 2, matchIndex)', () => {
  const driven = replicatingLeaderOf({ terms: [1, 1] });
  driven.propose(1, 2);
  next(driven, ack(2, 4));
  for (const matchIndex of [4, 2, 0, 3]) {
    driven.receive(1, ack(2, matchIndex));
    const { matchIndex: known, nextIndex } = driven.progress(1);
    expect({ known, nextIndex }).toEqual({ known: 4, nextIndex: 5 });
  }
});

test('for any order of replies, matchIndex never decreases and nextIndex stays above it (Figure 2)', () => {
  const reply = fc.oneof(
    fc.nat(6).map((matchIndex) => ack(2, matchIndex)),
    fc
      .tuple(fc.nat(6), fc.nat(2), fc.integer({ min: 1, max: 6 }))
      .map(([prev, t, i]) => refusal(2, prev, [t, i])),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(reply, fc.nat(60)), { maxLength: 30 }), (replies) => {
      const driven = leaderOf({ terms: [1, 1, 1, 1, 1, 1] });
      driven.tick();
      for (const [message, waitMs] of replies) {
        const { matchIndex } = driven.progress(1);
        driven.receive(1, message);
        driven.now += waitMs;
        driven.receive(2, ack(2, 0));
        driven.tick();
        expect(driven.progress(1).matchIndex).toBeGreaterThanOrEqual(matchIndex);
        expect(driven.progress(1).nextIndex).toBeGreaterThan(driven.progress(1).matchIndex);
      }
    }),
  );
});

test("an acknowledgement beyond the leader's log is a bug, and an assertion stops the server", () => {
  expect(() => replicatingLeaderOf({ terms: [1] }).receive(1, ack(2, 2))).toThrow(
    'acknowledged 2, but the log ends at 1',
  );
});

test('after a failed call heartbeats go on, after a wait that doubles up to the heartbeat interval (§5.3: retries indefinitely)', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  const waits: number[] = [];
  let outputs = driven.tick();
  for (let failure = 0; failure < 6; failure += 1) {
    const { ticket } = envelopeTo(outputs, 1);
    driven.step({ kind: 'unreachable', peer: 1, ticket });
    driven.receive(2, ack(2, 2));
    expect(driven.progress(1).mode).toBe('probe');
    const failedAt = driven.now;
    do outputs = driven.tickAt(driven.now + 1);
    while (only(said(outputs), 1).length === 0);
    expect(only(said(outputs), 1)).toEqual([expect.stringMatching(/^1: AppendEntries t2 after 1\/1 \[\]/)]);
    waits.push(driven.now - failedAt);
  }
  expect(waits).toEqual([10, 20, 40, 80, 100, 100]);
  // An acknowledgement resets the delay: the next failure is retried soon.
  driven.receive(1, ack(2, 2));
  driven.propose(2);
  const { ticket } = envelopeTo(driven.tick(), 1);
  driven.step({ kind: 'unreachable', peer: 1, ticket });
  expect(driven.progress(1).dueAt - driven.now).toBe(10);
});

test('a failed probe is repeated unchanged: a lost message shows nothing about where the logs agree (§5.3)', () => {
  const driven = leaderOf({ snapshot: [4, 1], terms: [1, 1] });
  const { ticket } = envelopeTo(driven.tick(), 1);
  driven.step({ kind: 'unreachable', peer: 1, ticket });
  driven.now += 10;
  expect(next(driven)).toEqual(['1: AppendEntries t2 after 6/1 [] commit 4']);
  // Nor does a lost vote request, whose ticket is 0 (a leader's tickets start at 1).
  const other = leaderOf({ snapshot: [4, 1], terms: [1, 1] });
  other.step({ kind: 'unreachable', peer: 2, ticket: 0 });
  expect(only(next(other), 2)).toEqual(['2: AppendEntries t2 after 6/1 [] commit 4']);
});

test('the failure of a heartbeat that a later answer has overtaken changes nothing: a call may take seconds to fail', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  const { ticket } = envelopeTo(driven.tickAt(driven.now + 100), 1);
  driven.propose(1);
  driven.tick();
  driven.receive(1, ack(2, 2));
  const before = { ...driven.progress(1) };
  driven.step({ kind: 'unreachable', peer: 1, ticket });
  expect(driven.progress(1)).toEqual(before);
});

test('a failure that is reported to a server that no longer leads changes nothing', () => {
  const driven = new DrivenCore({});
  expect(said(driven.step({ kind: 'unreachable', peer: 1, ticket: 1 }))).toEqual([]);
  expect(driven.summary).toBe('follower t0 voted -:  | commit 0');
});

test('a lost message is noticed when a heartbeat is answered, though nobody reports it (§5.3: retries indefinitely)', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  const { now } = driven;
  expect(only(next(driven), 1)).toEqual(['1: AppendEntries t2 after 1/1 [2] commit 0']);
  driven.now = now + 99;
  expect(only(next(driven), 1)).toEqual([]);
  // And again, until it is answered.
  for (const wait of [100, 200]) {
    driven.now = now + wait;
    expect(only(next(driven), 1)).toEqual(['1: AppendEntries t2 after 1/1 [] commit 0']);
  }
  expect(only(next(driven, ack(2, 1)), 1)).toEqual(['1: AppendEntries t2 after 2/2 [] commit 0']);
  expect(only(next(driven, refusal(2, 2, [0, 2])), 1)).toEqual([
    '1: AppendEntries t2 after 1/1 [2] commit 0',
  ]);
  expect(only(next(driven, ack(2, 2)), 1)).toEqual([]);
});

test('the loss of the second of two messages is noticed in the same way', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  driven.tick();
  driven.propose(2);
  driven.tick();
  driven.receive(1, ack(2, 2));
  driven.now += 100;
  expect(only(next(driven), 1)).toEqual(['1: AppendEntries t2 after 2/2 [] commit 0']);
  expect(only(next(driven, ack(2, 2)), 1)).toEqual(['1: AppendEntries t2 after 3/2 [] commit 0']);
  expect(only(next(driven, refusal(2, 3, [0, 3])), 1)).toEqual([
    '1: AppendEntries t2 after 2/2 [2] commit 0',
  ]);
});

test('a commit is sent to the followers at once, not at the next heartbeat (§5.3)', () => {
  const driven = replicatingLeaderOf({});
  driven.propose(1);
  driven.persisted();
  driven.tick();
  const outputs = driven.receive(1, ack(1, 1));
  expect([applies(outputs), outputs.wakeAt <= driven.now]).toEqual(['1', true]);
  // The follower that has the entry is sent the commit at once; the other as soon as it may have the entry.
  expect(next(driven)).toEqual([
    '1: AppendEntries t1 after 1/1 [] commit 1',
    '2: AppendEntries t1 after 1/1 [] commit 1',
  ]);
  // Only once.
  expect(next(driven)).toEqual([]);
});

test('a commit and new entries of one turn are sent together (§5.3)', () => {
  const driven = replicatingLeaderOf({ serverCount: 2 });
  driven.propose(1);
  driven.persisted();
  driven.tick();
  driven.receive(1, ack(1, 1));
  driven.propose(2);
  expect(next(driven)).toEqual(['1: AppendEntries t1 after 1/1 [1] commit 1']);
});

test('a leader never removes or changes its own entries, for any messages (§5.3, Leader Append-Only)', () => {
  const driven = replicatingLeaderOf({ terms: [1, 1, 2] });
  for (const message of [
    appendEntries({ term: 1, terms: [1] }),
    refusal(3, 3, [1, 1]),
    requestVote(1, 2, [9, 2]),
    ack(3, 1),
  ]) {
    driven.receive(1, message);
    expect(driven.logText).toBe('1 1 2');
  }
});

test('entries arrive byte for byte as they were proposed (§5.3)', () => {
  const driven = replicatingLeaderOf({ terms: [1, 1] });
  driven.propose(42);
  const { message } = envelopeTo(driven.tick(), 1);
  expect(message.kind === 'appendEntries' && message.args.entries).toEqual([
    new CommandEntry(2, Uint8Array.of(42)),
  ]);
});

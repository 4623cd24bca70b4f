// §7 and Figure 13: snapshots of the server's own service, snapshots of the leader, and how a leader sends one.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { Persister } from '@raftlab/persister';
import { AssertionError, type Outputs } from '@raftlab/raft-core';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  applies,
  DrivenCore,
  envelopeTo,
  installSnapshot,
  leaderOf,
  partAck,
  persists,
  refusal,
  replicatingLeaderOf,
  said,
  snapshotAck,
  type Given,
} from '../driven-core.ts';

interface Expected {
  readonly log: string;
  readonly persists: string;
  readonly applies: string;
  readonly commit: number;
}

function compare(driven: DrivenCore, outputs: Outputs, expected: Expected): void {
  expect({
    log: driven.logText,
    persists: persists(outputs),
    applies: applies(outputs),
    commit: driven.state.commitIndex,
  }).toEqual(expected);
}

/** A follower in term 3 with entries committed up to `commit`, which receives the snapshot `last` (index, term). */
function check(
  given: Given & { commit?: number },
  last: readonly [number, number],
  expected: Expected,
): void {
  const driven = new DrivenCore({ currentTerm: 3, ...given });
  const { log } = driven.state;
  driven.receive(
    1,
    appendEntries({ term: 3, after: [log.lastIndex, log.lastTerm], commit: given.commit ?? 0 }),
  );
  const outputs = driven.receive(1, installSnapshot(3, last));
  compare(driven, outputs, expected);
  expect(said(outputs)).toEqual([`1 once durable: snapshot ack t3 match ${last[0]}`]);
  expect(driven.state.lastApplied).toBe(driven.state.commitIndex);
}

// ---- the server's own snapshot ----

/** A follower with the log 1 1 2 2, of which 3 are committed and applied. */
function applied(): DrivenCore {
  const driven = new DrivenCore({ terms: [1, 1, 2, 2] });
  driven.receive(1, appendEntries({ term: 2, after: [4, 2], commit: 3 }));
  return driven;
}

function compact(driven: DrivenCore, lastIncludedIndex: number): Outputs {
  return driven.step({ kind: 'compact', lastIncludedIndex, data: Uint8Array.of(1) });
}

test("the service's snapshot replaces the prefix of the log and is persisted; the other entries are kept (§7)", () => {
  const driven = applied();
  const outputs = compact(driven, 2);
  compare(driven, outputs, { log: '[2/1] 2 2', persists: 'snapshot 2/1', applies: '', commit: 3 });
  expect(said(outputs)).toEqual([]);
  compare(driven, compact(driven, 3), { log: '[3/2] 2', persists: 'snapshot 3/2', applies: '', commit: 3 });
});

test('a snapshot that is not newer than the present one changes nothing (§7)', () => {
  const driven = applied();
  compact(driven, 2);
  for (const index of [2, 1, 0]) {
    compare(driven, compact(driven, index), {
      log: '[2/1] 2 2',
      persists: 'nothing',
      applies: '',
      commit: 3,
    });
  }
});

test('a snapshot beyond the applied entries is a bug of the caller (§7: it covers committed entries only)', () => {
  expect(() => compact(applied(), 4)).toThrow(AssertionError);
  expect(() => compact(applied(), 4)).toThrow('only 3 was applied');
});

test('a server that starts from a snapshot knows that its entries are committed and applied (§7)', () => {
  const { state } = new DrivenCore({ snapshot: [5, 2], terms: [2, 3] });
  expect([state.commitIndex, state.lastApplied, state.log.lastIndex]).toEqual([5, 5, 7]);
});

test('a server that has only a snapshot accepts the entries after it, and applies from there (§7)', () => {
  const driven = new DrivenCore({ snapshot: [5, 2] });
  const outputs = driven.receive(1, appendEntries({ term: 3, after: [5, 2], terms: [3, 3], commit: 6 }));
  compare(driven, outputs, { log: '[5/2] 3 3', persists: 't3 vote -; from 6: 3 3', applies: '6', commit: 6 });
});

// ---- InstallSnapshot, Figure 13 ----

test('a snapshot beyond the log replaces the whole log, is applied, and is persisted in one batch (Figure 13, 7 and 8)', () => {
  check({ terms: [1, 1], commit: 1 }, [5, 2], {
    log: '[5/2]',
    persists: 'snapshot 5/2; from 6:',
    applies: 'snapshot 5',
    commit: 5,
  });
  check({}, [5, 2], { log: '[5/2]', persists: 'snapshot 5/2; from 6:', applies: 'snapshot 5', commit: 5 });
});

test("entries after the snapshot's last entry are kept if the log contains that entry (Figure 13, 6)", () => {
  check({ terms: [1, 1, 2, 3], commit: 1 }, [3, 2], {
    log: '[3/2] 3',
    persists: 'snapshot 3/2',
    applies: 'snapshot 3',
    commit: 3,
  });
});

test('entries that conflict with the snapshot are removed, in the persisted batch too (Figure 13, 7)', () => {
  check({ terms: [1, 1, 1, 1, 1], commit: 1 }, [3, 2], {
    log: '[3/2]',
    persists: 'snapshot 3/2; from 4:',
    applies: 'snapshot 3',
    commit: 3,
  });
});

test('after a crash, entries that conflict with the snapshot are still removed (Figure 13, 7)', () => {
  const persister = new Persister();
  const driven = new DrivenCore({ terms: [1, 1, 1] });
  persister.write({
    hardState: { currentTerm: 1, votedFor: null },
    log: { firstIndex: 1, entries: driven.state.log.slice(1, 3) },
  });
  const { persist } = driven.receive(1, installSnapshot(2, [2, 2]));
  persister.write(persist?.batch ?? {});
  expect(persister.load()).toMatchObject({ snapshot: { lastIncludedIndex: 2 }, entries: [] });
});

test('a snapshot that ends at or before the commit index changes nothing, but is acknowledged (§7)', () => {
  const given = { terms: [1, 1, 2, 2], commit: 3 };
  for (const last of [
    [3, 2],
    [2, 1],
    [1, 1],
  ] as const) {
    check(given, last, { log: '1 1 2 2', persists: 'nothing', applies: '', commit: 3 });
  }
  check({ snapshot: [4, 2], terms: [2] }, [2, 1], {
    log: '[4/2] 2',
    persists: 'nothing',
    applies: '',
    commit: 4,
  });
});

test('a snapshot of an earlier leader changes nothing (Figure 13, 1)', () => {
  const driven = new DrivenCore({ terms: [1], currentTerm: 4 });
  const outputs = driven.receive(1, installSnapshot(3, [5, 2]));
  compare(driven, outputs, { log: '1', persists: 'nothing', applies: '', commit: 0 });
  expect(said(outputs)).toEqual(['1 once durable: snapshot ack t4 match 0']);
});

test('a snapshot of a new leader sets the term, in the same batch (Figure 13; §5.1)', () => {
  const driven = new DrivenCore({ terms: [1], currentTerm: 1, votedFor: 2 });
  const outputs = driven.receive(1, installSnapshot(3, [5, 2]));
  compare(driven, outputs, {
    log: '[5/2]',
    persists: 't3 vote -; snapshot 5/2; from 6:',
    applies: 'snapshot 5',
    commit: 5,
  });
});

test('a duplicated snapshot is installed once (Figure 13)', () => {
  const driven = new DrivenCore({});
  driven.receive(1, installSnapshot(1, [5, 1]));
  compare(driven, driven.receive(1, installSnapshot(1, [5, 1])), {
    log: '[5/1]',
    persists: 'nothing',
    applies: '',
    commit: 5,
  });
});

test('the service receives commands and snapshots in one order, each index once (§7)', () => {
  const driven = new DrivenCore({});
  const received = [
    appendEntries({ term: 1, terms: [1, 1], commit: 2 }),
    installSnapshot(1, [5, 1]),
    installSnapshot(1, [4, 1]),
    appendEntries({ term: 1, after: [1, 1], terms: [1, 1, 1, 1, 1], commit: 6 }),
  ].map((message) => applies(driven.receive(1, message)));
  expect(received).toEqual(['1 2', 'snapshot 5', '', '6']);
});

test('a server that installed a snapshot still starts elections (§5.2, §7)', () => {
  const driven = new DrivenCore({});
  driven.receive(1, installSnapshot(1, [5, 1]));
  expect(said(driven.campaign())).toContain('1 once durable: RequestVote t2 last 5/1');
});

// ---- the leader ----

/** A leader of term 3 whose log is `[6/2] 2`, with followers that lack entries that the snapshot covers. */
function behind(): DrivenCore {
  const driven = leaderOf({ snapshot: [6, 2], terms: [2] });
  driven.tick();
  driven.receive(1, refusal(3, 7, [0, 3]));
  return driven;
}

/** The messages to server 1 during the given time in ms, one per line, with the time since `from`. */
function sentDuring(driven: DrivenCore, durationMs: number): string[] {
  const lines: string[] = [];
  const from = driven.now;
  for (; driven.now < from + durationMs; driven.now += 1) {
    for (const line of said(driven.tick())) {
      if (line.startsWith('1: ')) lines.push(`${driven.now - from} ${line.slice(3)}`);
    }
    driven.receive(2, ack(3, 7));
  }
  return lines;
}

test('a leader sends the snapshot when it has compacted the next entry that a follower needs (§7)', () => {
  const driven = behind();
  expect(said(driven.tick())).toEqual(['1: InstallSnapshot t3 up to 6/2']);
  expect(driven.progress(1).mode).toBe('snapshot');
});

test('entries are sent while the leader still has them, even if a snapshot covers them too (§7)', () => {
  const driven = leaderOf({ snapshot: [6, 2], terms: [2, 2] });
  driven.tick();
  driven.receive(1, refusal(3, 8, [0, 7]));
  expect(said(driven.tick())).toEqual(['1: AppendEntries t3 after 6/2 [2 2] commit 6']);
});

test('a follower that has compacted up to the same index needs no snapshot, even if its next entry conflicts (§5.3, §7)', () => {
  const driven = leaderOf({ snapshot: [6, 2], terms: [3], currentTerm: 3 });
  const follower = new DrivenCore({ me: 1, snapshot: [6, 2], terms: [2, 2], currentTerm: 4 });
  const reply = follower.receive(0, envelopeTo(driven.tick(), 1).message);
  expect(said(reply)).toEqual(['0 once durable: refusal t4 of 7, conflict t2 from 6']);
  driven.receive(1, envelopeTo(reply, 0).message);
  expect(said(driven.tick())).toEqual(['1: AppendEntries t4 after 6/2 [3] commit 6']);
});

test('heartbeats continue while a snapshot is in flight, so that no election starts (§5.2, §7)', () => {
  // The follower has nothing that both are known to have: only index 0 is sure to be accepted.
  expect(sentDuring(behind(), 300)).toEqual([
    '0 InstallSnapshot t3 up to 6/2',
    '100 AppendEntries t3 after 0/0 [] commit 6',
    '200 AppendEntries t3 after 0/0 [] commit 6',
  ]);
});

test('a snapshot without a reply is not sent again: it may be in flight (§7)', () => {
  const sent = sentDuring(behind(), 20_000).filter((line) => line.includes('InstallSnapshot'));
  expect(sent).toEqual(['0 InstallSnapshot t3 up to 6/2']);
});

test('a lost snapshot is sent again when the follower answers a heartbeat and does not have it (§5.3: retries indefinitely)', () => {
  const driven = behind();
  driven.tick();
  driven.now += 100;
  driven.receive(2, ack(3, 7));
  driven.tick();
  driven.receive(1, ack(3, 0));
  expect(said(driven.tick())).toContain('1: InstallSnapshot t3 up to 6/2 bytes 2 to 2 of 2');
  driven.receive(1, partAck(3, { index: 6, offset: 0 }));
  expect(said(driven.tick())).toContain('1: InstallSnapshot t3 up to 6/2');
});

test('a snapshot whose call failed is sent again when the follower has answered a heartbeat (trap 46)', () => {
  const driven = behind();
  const snapshot = driven.tick().send.find(({ message }) => message.kind === 'installSnapshot');
  driven.step({ kind: 'unreachable', peer: 1, ticket: snapshot?.ticket ?? 0 });
  expect(sentDuring(driven, 15)).toEqual(['10 AppendEntries t3 after 0/0 [] commit 6']);
  driven.receive(1, ack(3, 0));
  expect(said(driven.tick())).toContain('1: InstallSnapshot t3 up to 6/2');
});

test('after the snapshot the leader sends the entries that follow it (§7)', () => {
  const driven = behind();
  driven.tick();
  driven.receive(1, snapshotAck(3, 6));
  expect(said(driven.tick())).toEqual(['1: AppendEntries t3 after 6/2 [2] commit 6']);
  expect(driven.progress(1)).toMatchObject({ matchIndex: 6, nextIndex: 8, mode: 'replicate' });
});

test('the acknowledgement of a heartbeat replaces a lost reply to a snapshot (§5.3, §7)', () => {
  const driven = behind();
  driven.tick();
  driven.receive(1, ack(3, 6));
  expect(said(driven.tick())).toEqual(['1: AppendEntries t3 after 6/2 [2] commit 6']);
});

test('refusals of heartbeats during a snapshot change nothing (§7)', () => {
  const driven = behind();
  driven.tick();
  driven.receive(1, refusal(3, 6, [0, 3]));
  expect([said(driven.tick()), driven.progress(1).mode]).toEqual([[], 'snapshot']);
});

test('a duplicated or late reply to a snapshot changes nothing (§7)', () => {
  const driven = behind();
  driven.tick();
  driven.receive(1, snapshotAck(3, 6));
  driven.tick();
  driven.receive(1, ack(3, 7));
  driven.tick();
  const { matchIndex, nextIndex, mode } = driven.progress(1);
  driven.receive(1, snapshotAck(3, 6));
  driven.receive(1, snapshotAck(2, 6));
  expect(driven.progress(1)).toMatchObject({ matchIndex, nextIndex, mode });
  expect([matchIndex, mode]).toEqual([7, 'replicate']);
});

test('if the leader compacts again meanwhile, the follower receives the newer snapshot (§7)', () => {
  const driven = behind();
  driven.tick();
  // Entry 7 has an earlier term: an entry of the leader's own term commits both.
  driven.propose(1);
  driven.persisted();
  driven.receive(2, ack(3, 8));
  driven.step({ kind: 'compact', lastIncludedIndex: 8, data: Uint8Array.of(9) });
  driven.tick();
  driven.receive(1, snapshotAck(3, 6));
  expect(said(driven.tick()).filter((line) => line.startsWith('1: '))).toEqual([
    '1: InstallSnapshot t3 up to 8/3',
  ]);
});

test('compaction does not affect a follower that has the compacted entries (§7)', () => {
  const driven = replicatingLeaderOf({});
  driven.propose(1, 2, 3);
  driven.persisted();
  driven.tick();
  for (const from of [1, 2]) driven.receive(from, ack(1, 3));
  driven.tick();
  driven.step({ kind: 'compact', lastIncludedIndex: 3, data: Uint8Array.of(9) });
  driven.propose(4);
  expect(said(driven.tick())).toEqual([
    '1: AppendEntries t1 after 3/1 [1] commit 3',
    '2: AppendEntries t1 after 3/1 [1] commit 3',
  ]);
});

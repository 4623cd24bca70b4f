// Submissions, reads, snapshots and the end of one server, on a log that the test moves by hand.
import { expect, test } from 'vitest';
import { leadershipCheckMs, type Submission } from '@raftlab/rsm';
import { replicatedTally } from './tally.ts';

/** How the submission ended, in short. */
function ending(submission: Submission<unknown>): unknown {
  return submission.ok ? submission.result : submission.refusal.kind;
}

test('a command is executed when it is committed, and its result goes to its submission', async () => {
  const { rsm, peer, tally } = replicatedTally();
  const [first, second] = [rsm.submit(3), rsm.submit(4)];
  expect(tally.count).toBe(0);
  expect(rsm.pendingCount).toBe(2);
  peer.commit();
  expect(await first).toEqual({ ok: true, result: 3, at: { index: 1, term: 1 } });
  expect(await second).toEqual({ ok: true, result: 7, at: { index: 2, term: 1 } });
  expect(rsm.pendingCount).toBe(0);
});

test('a server that does not lead refuses at once and names the leader that it knows', async () => {
  const { rsm, peer } = replicatedTally();
  peer.isLeader = false;
  expect(await rsm.submit(1)).toEqual({ ok: false, refusal: { kind: 'NotLeader' } });
  peer.leader = 2;
  expect(await rsm.submit(1)).toEqual({ ok: false, refusal: { kind: 'NotLeader', leader: 2 } });
});

test.each([
  ['busy', 'Busy'],
  ['too-large', 'TooLarge'],
  ['killed', 'Stopped'],
  ['stopped', 'Stopped'],
  ['loading', 'NotLeader'],
])('a peer that refuses as %s is a refusal %s', async (reason, kind) => {
  const { rsm, peer } = replicatedTally();
  peer.refusal = reason;
  expect(ending(await rsm.submit(1))).toBe(kind);
});

test('an entry of another term at the index of a submission is another command: the submission is lost, not answered', async () => {
  const { rsm, peer } = replicatedTally();
  const submission = rsm.submit(5);
  peer.forget();
  peer.applyNoop(2);
  expect(ending(await submission)).toBe('NotLeader');
});

test('an entry of a later term before the index of a submission rules the submission out', async () => {
  const { rsm, peer } = replicatedTally();
  const [first, second] = [rsm.submit(1), rsm.submit(2)];
  peer.forget();
  peer.applyNoop(2);
  expect([ending(await first), ending(await second)]).toEqual(['NotLeader', 'NotLeader']);
  expect(rsm.pendingCount).toBe(0);
});

test('a server that has lost the leadership gives up its submissions as unknown, soon', async () => {
  const { rsm, peer, clock } = replicatedTally();
  await clock.run(async () => {
    const submission = rsm.submit(1);
    peer.isLeader = false;
    expect(await submission).toEqual({ ok: false, refusal: { kind: 'Unknown', why: 'leadership-lost' } });
    expect(clock.now()).toBeLessThanOrEqual(leadershipCheckMs);
  });
});

test('a leadership that is lost after a long wait is noticed, too', async () => {
  const { rsm, peer, clock } = replicatedTally();
  await clock.run(async () => {
    const submission = rsm.submit(1);
    await clock.sleep(5.5 * leadershipCheckMs);
    peer.isLeader = false;
    expect(ending(await submission)).toBe('Unknown');
    expect(clock.now()).toBe(6 * leadershipCheckMs);
  });
});

test('a server that leads again, in another term, gives up what it submitted in the earlier one', async () => {
  const { rsm, peer, clock } = replicatedTally();
  await clock.run(async () => {
    const submission = rsm.submit(1);
    peer.term = 3;
    expect(ending(await submission)).toBe('Unknown');
  });
});

test('a peer that reports its leadership is not looked at, and ends its submissions at once', async () => {
  const { rsm, peer, clock, onLeadership } = replicatedTally();
  await clock.run(async () => {
    onLeadership(1);
    const submission = rsm.submit(1);
    peer.isLeader = false;
    await clock.sleep(10 * leadershipCheckMs);
    expect(rsm.pendingCount).toBe(1);
    onLeadership(undefined);
    expect(rsm.pendingCount).toBe(0);
    expect(ending(await submission)).toBe('Unknown');
  });
});

test('a submission at an index that an earlier leadership used makes the earlier one unknown', async () => {
  const { rsm, peer } = replicatedTally();
  const earlier = rsm.submit(1);
  peer.forget();
  peer.term = 3;
  const later = rsm.submit(2);
  expect(ending(await earlier)).toBe('Unknown');
  peer.commit();
  expect(ending(await later)).toBe(2);
});

test('as long as the server leads, its submissions wait', async () => {
  const { rsm, peer, clock } = replicatedTally();
  await clock.run(async () => {
    const submission = rsm.submit(1);
    await clock.sleep(10 * leadershipCheckMs);
    expect(rsm.pendingCount).toBe(1);
    peer.commit();
    expect(ending(await submission)).toBe(1);
  });
});

test('a snapshot that covers a submission makes it unknown; one that does not leaves it', async () => {
  const { rsm, peer, tally } = replicatedTally();
  const covered = rsm.submit(1);
  const { rsm: other, peer: otherPeer } = replicatedTally({
    snapshots: { maxStateBytes: 1, stateSizeBytes: () => 1 },
  });
  const done = other.submit(40);
  otherPeer.commit();
  await done;
  const [snapshot] = otherPeer.snapshots;
  expect(snapshot?.index).toBe(1);
  await peer.installSnapshot(snapshot?.data ?? new Uint8Array(0), { index: 1, term: 1 });
  expect(await covered).toEqual({ ok: false, refusal: { kind: 'Unknown', why: 'covered-by-snapshot' } });
  expect(tally.sum).toBe(40);
  const next = rsm.submit(2);
  peer.commit();
  expect(await next).toEqual({ ok: true, result: 42, at: { index: 2, term: 1 } });
});

test('more pending submissions than allowed are refused', async () => {
  const { rsm, peer } = replicatedTally({ pendingMax: 2 });
  const pending = [rsm.submit(1), rsm.submit(2)];
  expect(await rsm.submit(3)).toEqual({ ok: false, refusal: { kind: 'Busy', pendingMax: 2 } });
  expect(ending(await rsm.read('sum'))).toBe('Busy');
  peer.commit();
  expect((await Promise.all(pending)).map(ending)).toEqual([1, 3]);
});

test('a command that is too long is refused before it reaches the log', async () => {
  const { rsm } = replicatedTally({ commandBytesMax: 4 });
  expect(await rsm.submit(0.1)).toEqual({
    ok: false,
    refusal: { kind: 'TooLarge', sizeBytes: 9, maxBytes: 4 },
  });
  expect(rsm.pendingCount).toBe(0);
});

test.each(['sessionsMax', 'pendingMax', 'commandBytesMax'])('%s must be a positive integer', (name) => {
  for (const bound of [0, 1.5, -1])
    expect(() => replicatedTally({ [name]: bound })).toThrow(
      `${name} must be a positive integer, got ${bound}.`,
    );
});

test('where the peer has no readIndex, a linearizable read takes its place in the log: it sees what was committed before it', async () => {
  const { rsm, peer } = replicatedTally();
  const write = rsm.submit(1);
  const read = rsm.read('sum');
  const later = rsm.submit(10);
  expect(ending(await rsm.read('sum', 'local'))).toBe(0);
  peer.commit();
  await Promise.all([write, later]);
  expect(ending(await read)).toBe(1);
  expect(ending(await rsm.read('sum', 'local'))).toBe(11);
});

test('a server that does not lead refuses linearizable and lease reads, and answers local ones', async () => {
  const { rsm, peer } = replicatedTally();
  peer.isLeader = false;
  expect(ending(await rsm.read('sum'))).toBe('NotLeader');
  expect(ending(await rsm.read('sum', 'lease'))).toBe('NotLeader');
  expect(ending(await rsm.read('count', 'local'))).toBe(0);
});

test('a query that throws rejects its read and harms nothing else', async () => {
  const { rsm, peer } = replicatedTally();
  const read = rsm.read('fault');
  const write = rsm.submit(1);
  peer.commit();
  await expect(read).rejects.toThrow('no such query');
  await expect(rsm.read('fault', 'local')).rejects.toThrow('no such query');
  expect(ending(await write)).toBe(1);
});

test('a snapshot is taken of the state after the last executed entry, when the persisted state is long', async () => {
  let stateBytes = 0;
  const { rsm, peer } = replicatedTally({
    snapshots: { maxStateBytes: 100, stateSizeBytes: () => stateBytes },
  });
  for (let count = 0; count < 8; count += 1) void rsm.submit(1);
  peer.commit();
  expect(peer.snapshots).toEqual([]);
  stateBytes = 100;
  void rsm.submit(1);
  peer.commit();
  expect(peer.snapshots.map(({ index }) => index)).toEqual([9]);
  const restored = replicatedTally({ snapshot: peer.snapshots[0]?.data }, 9);
  expect([restored.tally.sum, restored.tally.count]).toEqual([9, 9]);
});

test('while a long log waits to be applied, a snapshot is taken for each good part of it, not for each entry', () => {
  const { rsm, peer } = replicatedTally({ snapshots: { maxStateBytes: 100, stateSizeBytes: () => 10_000 } });
  for (let count = 0; count < 100; count += 1) void rsm.submit(1);
  peer.commit();
  expect(peer.snapshots.length).toBeGreaterThan(5);
  expect(peer.snapshots.length).toBeLessThan(34);
});

test('without a policy no snapshot is taken, and a bound that is not positive is refused', () => {
  const { rsm, peer } = replicatedTally();
  for (let count = 0; count < 100; count += 1) void rsm.submit(1);
  peer.commit();
  expect(peer.snapshots).toEqual([]);
  const snapshots = { maxStateBytes: 0, stateSizeBytes: () => 0 };
  expect(() => replicatedTally({ snapshots })).toThrow('maxStateBytes must be positive, got 0');
});

test('kill ends pending submissions as unknown, refuses later ones, and applies nothing more', async () => {
  const { rsm, peer, tally } = replicatedTally();
  const pending = rsm.submit(1);
  rsm.kill();
  expect(peer.isKilled).toBe(true);
  expect(await pending).toEqual({ ok: false, refusal: { kind: 'Unknown', why: 'stopped' } });
  expect(ending(await rsm.submit(1))).toBe('Stopped');
  expect(ending(await rsm.read('sum'))).toBe('Stopped');
  expect(ending(await rsm.read('sum', 'local'))).toBe('Stopped');
  peer.commit();
  expect(tally.count).toBe(0);
});

test('stop resolves when the peer has released its storage', async () => {
  const { rsm, peer } = replicatedTally();
  await rsm.stop();
  await rsm.stop();
  expect([peer.isKilled, peer.isStopped]).toEqual([true, true]);
});

test('after a kill no timer is left', async () => {
  const { rsm, clock } = replicatedTally();
  void rsm.submit(1);
  expect(clock.pendingTimerCount).toBe(1);
  rsm.kill();
  expect(clock.pendingTimerCount).toBe(0);
});

test('messages that go back or leave a gap are a broken rule of the peer', () => {
  const { peer } = replicatedTally();
  peer.applyNoop(1);
  expect(() => peer.installSnapshot(new Uint8Array(0), { index: 1, term: 1 })).toThrow(
    '1 is applied after 1',
  );
});

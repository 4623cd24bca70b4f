// Linearizable reads on a peer that confirms its leadership instead of writing to the log (thesis 6.4).
import { expect, test } from 'vitest';
import type { Submission } from '@raftlab/rsm';
import type { ConfirmingPeer } from './manual-peer.ts';
import { confirmingTally, type Fixture } from './tally.ts';

function ending(submission: Submission<unknown>): unknown {
  return submission.ok ? submission.result : submission.refusal.kind;
}

/** A leader that has executed 1 + 2 in its term. */
async function leading(): Promise<Fixture<ConfirmingPeer>> {
  const fixture = confirmingTally();
  const done = [fixture.rsm.submit(1), fixture.rsm.submit(2)];
  fixture.peer.commit();
  await Promise.all(done);
  return fixture;
}

test('a read waits for the confirmation, then for the entry at its index, and takes no place in the log', async () => {
  const { rsm, peer } = await leading();
  const ended: unknown[] = [];
  const read = rsm.read('sum').then((submission) => ended.push(submission));
  const write = rsm.submit(10);
  expect(rsm.pendingCount).toBe(2);
  peer.confirm({ ok: true, index: 3 });
  await Promise.resolve();
  expect(ended).toEqual([]);
  peer.commit();
  expect(await write).toEqual({ ok: true, result: 13, at: { index: 3, term: 1 } });
  await read;
  expect(ended).toEqual([{ ok: true, result: 13, at: { index: 3, term: 1 } }]);
  expect(rsm.pendingCount).toBe(0);
});

test('a read whose index is applied already ends with its confirmation', async () => {
  const { rsm, peer } = await leading();
  const read = rsm.read('sum');
  peer.confirm({ ok: true, index: 1 });
  expect(await read).toEqual({ ok: true, result: 3, at: { index: 2, term: 1 } });
});

test('reads end in the order of their indexes, also when a later one has an earlier index', async () => {
  const { rsm, peer } = await leading();
  const late = rsm.read('sum');
  peer.confirm({ ok: true, index: 4 });
  const early = rsm.read('sum');
  peer.confirm({ ok: true, index: 3 });
  await Promise.resolve();
  peer.applyNoop(1);
  expect(await early).toMatchObject({ ok: true, at: { index: 3 } });
  expect(rsm.pendingCount).toBe(1);
  peer.applyNoop(1);
  expect(await late).toMatchObject({ ok: true, at: { index: 4 } });
});

test('a linearizable read avoids leases, a lease read does not, and a local one asks nobody', async () => {
  const { rsm, peer } = await leading();
  void rsm.read('sum');
  void rsm.read('sum', 'lease');
  expect(ending(await rsm.read('sum', 'local'))).toBe(3);
  expect(peer.questions.map(({ avoidsLease }) => avoidsLease)).toEqual([true, false]);
});

test('a leader that has executed no entry of its term takes a place in the log for a read: it may not know what is committed', async () => {
  const { rsm, peer } = await leading();
  peer.term = 2;
  const read = rsm.read('sum');
  expect(peer.questions).toEqual([]);
  peer.commit();
  expect(await read).toEqual({ ok: true, result: 3, at: { index: 3, term: 2 } });
});

test('a server that does not lead asks its peer, which asks the leader', async () => {
  const { rsm, peer } = await leading();
  peer.isLeader = false;
  peer.term = 2;
  const read = rsm.read('sum');
  peer.confirm({ ok: true, index: 2 });
  expect(ending(await read)).toBe(3);
});

test.each([
  ['no-leader', { kind: 'NotLeader', leader: 2 }],
  ['unanswered', { kind: 'NotLeader', leader: 2 }],
  ['busy', { kind: 'Busy' }],
  ['stopped', { kind: 'Stopped' }],
])('a peer that refuses a read as %s is a refusal', async (reason, refusal) => {
  const { rsm, peer } = await leading();
  peer.leader = 2;
  const read = rsm.read('sum');
  peer.confirm({ ok: false, reason });
  expect(await read).toEqual({ ok: false, refusal });
  expect(rsm.pendingCount).toBe(0);
});

test('kill ends reads that wait, for a confirmation or for an entry', async () => {
  const { rsm, peer } = await leading();
  const confirmed = rsm.read('sum');
  peer.confirm({ ok: true, index: 9 });
  await Promise.resolve();
  const asking = rsm.read('sum');
  rsm.kill();
  expect([ending(await confirmed), ending(await asking)]).toEqual(['Stopped', 'Stopped']);
  expect(rsm.pendingCount).toBe(0);
});

test('reads count towards the bound of what is pending', async () => {
  const { rsm } = confirmingTally({ pendingMax: 1 });
  rsm.peer.kill();
  void rsm.read('sum');
  expect(ending(await rsm.read('sum'))).toBe('Busy');
});

test('a server that was restored from a snapshot serves reads at its index before another entry comes', async () => {
  const { peer } = await (async () => {
    const fixture = confirmingTally({ snapshots: { maxStateBytes: 1, stateSizeBytes: () => 1 } });
    const done = fixture.rsm.submit(7);
    fixture.peer.commit();
    await done;
    return fixture;
  })();
  const restored = confirmingTally({ snapshot: peer.snapshots.at(-1)?.data }, 1);
  restored.peer.isLeader = false;
  const read = restored.rsm.read('sum');
  restored.peer.confirm({ ok: true, index: 1 });
  expect(await read).toEqual({ ok: true, result: 7, at: { index: 1, term: 1 } });
});

test('a query that throws rejects its read, whether it waited for an entry or not', async () => {
  const { rsm, peer } = await leading();
  const now = rsm.read('fault');
  peer.confirm({ ok: true, index: 2 });
  await expect(now).rejects.toThrow('no such query');
  const later = rsm.read('fault');
  peer.confirm({ ok: true, index: 3 });
  await Promise.resolve();
  peer.applyNoop(1);
  await expect(later).rejects.toThrow('no such query');
});

// Snapshots that are taken and installed in many turns, while commands are executed.
import { expect, test } from 'vitest';
import { encodePart, joinInTurns, joinPieces } from '@raftlab/rsm';
import { replicatedTally, Tally } from './tally.ts';

/** Larger than what is taken at once. */
const padding = new Uint8Array(300_000);
const pieceCount = 5;

/** A tally whose snapshot is long: its own bytes, and then padding. */
class LargeTally extends Tally {
  snapshotPieces(): Iterable<Uint8Array> {
    const own = encodePart(super.snapshot());
    return (function* () {
      yield own;
      for (let piece = 1; piece < pieceCount; piece += 1) yield padding;
    })();
  }

  override snapshot(): Uint8Array {
    return joinPieces(this.snapshotPieces());
  }

  *restoreSteps(snapshot: Uint8Array): Generator<void> {
    for (let step = 0; step < pieceCount; step += 1) yield;
    const view = new DataView(snapshot.buffer, snapshot.byteOffset);
    super.restore(snapshot.subarray(5, 5 + view.getUint32(1)));
  }
}

const always = { maxStateBytes: 1, stateSizeBytes: () => 1 };

test('a large snapshot is of the index at which it was begun, although commands are executed meanwhile', async () => {
  const { rsm, peer, clock } = replicatedTally({ machine: new LargeTally(), snapshots: always });
  await clock.run(async () => {
    void rsm.submit(3);
    peer.commit();
    expect(peer.snapshots).toEqual([]);
    void rsm.submit(4);
    peer.commit();
    await clock.sleep(1);
  });
  const [snapshot] = peer.snapshots;
  expect(snapshot?.index).toBe(1);
  const restored = new LargeTally();
  const again = replicatedTally({ machine: restored, snapshot: snapshot?.data }, 1);
  expect([restored.sum, again.rsm.lastApplied.index]).toEqual([3, 1]);
});

test('one snapshot is taken at a time, and the next one when the peer has stored it', async () => {
  const { rsm, peer, clock } = replicatedTally({ machine: new LargeTally(), snapshots: always });
  const execute = async (): Promise<void> => {
    void rsm.submit(1);
    peer.commit();
    await clock.sleep(1);
  };
  await clock.run(async () => {
    void rsm.submit(1);
    peer.commit();
    await execute();
    expect(peer.snapshots.map(({ index }) => index)).toEqual([1]);
    peer.isStoringSnapshot = true;
    await execute();
    expect(peer.snapshots.map(({ index }) => index)).toEqual([1]);
    peer.isStoringSnapshot = false;
    await execute();
    expect(peer.snapshots.map(({ index }) => index)).toEqual([1, 4]);
  });
});

test('a snapshot that is being taken is abandoned by a stop, and by a newer one of the leader', async () => {
  for (const end of ['stop', 'install'] as const) {
    const { rsm, peer, clock } = replicatedTally({ machine: new LargeTally(), snapshots: always });
    const newer = await snapshotAfter(replicatedTally({ machine: new LargeTally(), snapshots: always }), 4);
    await clock.run(async () => {
      void rsm.submit(1);
      peer.commit();
      if (end === 'stop') rsm.kill();
      else await peer.installSnapshot(newer, { index: 4, term: 1 });
      await clock.sleep(1);
    });
    expect([end, peer.snapshots]).toEqual([end, []]);
  }
});

/** The snapshot of a large tally that has executed this number of commands. */
async function snapshotAfter({ rsm, peer, clock }: ReturnType<typeof replicatedTally>, count: number) {
  await clock.run(async () => {
    for (let number = 0; number < count; number += 1) {
      void rsm.submit(1);
      peer.commit();
      await clock.sleep(1);
    }
  });
  return peer.snapshots.at(-1)?.data ?? new Uint8Array(0);
}

test('a large snapshot of the leader is installed in turns: the old state is read until then, and the next entry waits', async () => {
  const snapshot = await snapshotAfter(replicatedTally({ machine: new LargeTally(), snapshots: always }), 4);
  const tally = new LargeTally();
  const { rsm, peer, clock } = replicatedTally({ machine: tally });
  await clock.run(async () => {
    const installed = peer.installSnapshot(snapshot, { index: 4, term: 1 });
    expect([tally.sum, rsm.lastApplied.index]).toEqual([0, 0]);
    await installed;
    expect([tally.sum, rsm.lastApplied.index]).toEqual([4, 4]);
  });
});

test('a stop ends an installation, and the state stays', async () => {
  const snapshot = await snapshotAfter(replicatedTally({ machine: new LargeTally(), snapshots: always }), 4);
  const tally = new LargeTally();
  const { rsm, peer, clock } = replicatedTally({ machine: tally });
  await clock.run(async () => {
    const installed = peer.installSnapshot(snapshot, { index: 4, term: 1 });
    rsm.kill();
    await installed;
    expect(tally.sum).toBe(0);
  });
});

test('pieces that are joined in turns are the same bytes', async () => {
  const pieces = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)];
  const { clock } = replicatedTally();
  await clock.run(async () => {
    expect(await joinInTurns(clock, pieces)).toEqual(Uint8Array.of(1, 2, 3));
  });
  expect(joinPieces(pieces)).toEqual(Uint8Array.of(1, 2, 3));
});

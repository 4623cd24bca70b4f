// A follower whose storage stores snapshots ahead answers heartbeats meanwhile, so that a large snapshot does not cost the leader the
// only majority that it has. Not in the paper, which has no time for a write.
import type { Outputs } from '@raftlab/raft-core';
import type { Storage } from '@raftlab/storage';
import { Persister } from '@raftlab/persister';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  applies,
  compactedLeader,
  DrivenCore,
  installSnapshot,
  partAck,
  persists,
  refusal,
  said,
  snapshotAck,
} from '../driven-core.ts';
import { close, run } from '../peers.ts';

// ---- the follower ----

/** A follower of term 1 that has received both chunks of the snapshot up to 5, of two bytes. */
function complete(): { driven: DrivenCore; outputs: Outputs; data: Uint8Array } {
  const driven = new DrivenCore({ stagesSnapshots: true });
  driven.receive(1, installSnapshot(1, [5, 1], { chunk: [0, 1] }));
  const outputs = driven.receive(1, installSnapshot(1, [5, 1], { chunk: [1, 2], round: 7 }));
  return { driven, outputs, data: outputs.stage ?? new Uint8Array() };
}

test('a snapshot that is complete is stored ahead before it is installed, and its bytes are acknowledged as received', () => {
  const { driven, outputs } = complete();
  expect(outputs.stage).toEqual(Uint8Array.of(0xff, 5));
  expect([persists(outputs), applies(outputs)]).toEqual(['nothing', '']);
  expect(said(outputs)).toEqual(['1 once durable: snapshot t1 up to 5 stored to 2']);
  expect(driven.state.log.lastIndex).toBe(0);
});

test('once it is stored it is installed, and the leader hears it without having asked again', () => {
  const { driven, data } = complete();
  const outputs = driven.step({ kind: 'staged', data });
  expect([persists(outputs), applies(outputs)]).toEqual(['snapshot 5/1; from 6:', 'snapshot 5']);
  expect(outputs.persist?.batch.snapshot?.data).toBe(data);
  expect(said(outputs)).toEqual(['1 once durable: snapshot ack t1 match 5']);
  expect(outputs.sendAfterPersist[0]?.message).toMatchObject({ reply: { round: 7, offset: 2 } });
});

test('it is stored once, however often a chunk of it comes', () => {
  const { driven } = complete();
  const again = driven.receive(1, installSnapshot(1, [5, 1], { chunk: [1, 2] }));
  expect([again.stage, persists(again)]).toEqual([undefined, 'nothing']);
});

test('a snapshot of one chunk is installed at once', () => {
  const driven = new DrivenCore({ stagesSnapshots: true });
  const outputs = driven.receive(1, installSnapshot(1, [5, 1]));
  expect([outputs.stage, applies(outputs)]).toEqual([undefined, 'snapshot 5']);
});

test('what was stored is not installed when another leader, its log or a newer snapshot has made it useless', () => {
  const ends = {
    leader: appendEntries({ term: 2, leaderId: 2 }),
    log: appendEntries({ term: 1, terms: [1, 1, 1, 1, 1], commit: 5 }),
    newer: installSnapshot(1, [6, 1], { chunk: [0, 1] }),
  };
  for (const message of Object.values(ends)) {
    const { driven, data } = complete();
    driven.receive(message.kind === 'appendEntries' ? message.args.leaderId : 1, message);
    const outputs = driven.step({ kind: 'staged', data });
    expect([persists(outputs), applies(outputs), said(outputs)]).toEqual(['nothing', '', []]);
  }
});

test('while a newer snapshot is stored, the report of the one before it installs nothing', () => {
  const { driven, data } = complete();
  driven.receive(1, installSnapshot(1, [6, 1], { chunk: [0, 1] }));
  const newer = driven.receive(1, installSnapshot(1, [6, 1], { chunk: [1, 2] })).stage;
  expect(newer).toEqual(Uint8Array.of(0xff, 6));
  const outputs = driven.step({ kind: 'staged', data });
  expect([persists(outputs), applies(outputs), said(outputs)]).toEqual(['nothing', '', []]);
  const installed = driven.step({ kind: 'staged', data: newer ?? new Uint8Array() });
  expect(applies(installed)).toBe('snapshot 6');
  expect(installed.persist?.batch.snapshot?.data).toBe(newer);
});

// ---- the leader ----

/** A leader of term 2 whose server 1 has answered that it has all bytes of the snapshot. */
function storing(): DrivenCore {
  const driven = compactedLeader({ maxBytesPerMessage: 10 }, new Uint8Array(20));
  driven.receive(1, refusal(2, 1, [0, 1]));
  driven.tick();
  driven.tick();
  driven.receive(1, partAck(2, { index: 3, offset: 20 }));
  return driven;
}

/** What server 1 is sent within a heartbeat interval. */
function sentSoon(driven: DrivenCore): string[] {
  const lines: string[] = [];
  for (const end = driven.now + 100; driven.now <= end; driven.now += 10) {
    lines.push(...said(driven.tick()).filter((line) => line.startsWith('1: ')));
    driven.receive(2, ack(2, 4));
  }
  return lines;
}

test('a follower that stores the snapshot gets heartbeats, and with each an empty chunk that asks whether it has it', () => {
  expect(sentSoon(storing())).toEqual([
    '1: AppendEntries t2 after 0/0 [] commit 4',
    '1: InstallSnapshot t2 up to 3/2 bytes 20 to 20 of 20',
  ]);
});

test('a follower that was restarted while it stored the snapshot is sent it again', () => {
  const driven = storing();
  sentSoon(driven);
  driven.receive(1, partAck(2, { index: 3, offset: 0 }));
  expect(sentSoon(driven)).toContain('1: InstallSnapshot t2 up to 3/2 bytes 0 to 10 of 20');
});

test('the answer to that question shows that the follower has installed the snapshot', () => {
  const driven = storing();
  sentSoon(driven);
  driven.receive(1, snapshotAck(2, 3));
  expect(driven.progress(1)).toMatchObject({ mode: 'replicate', matchIndex: 3 });
});

// ---- the peer ----

test('while its storage stores a snapshot ahead, a peer answers heartbeats, so that the leader keeps the only majority', () =>
  run(async (peers) => {
    const data = Uint8Array.from({ length: 25 }, (_, at) => at);
    const leading = new Persister();
    leading.write({ hardState: { currentTerm: 1, votedFor: null } });
    leading.write({ snapshot: { lastIncludedIndex: 2, lastIncludedTerm: 1, data } });
    const [persister, staged, written]: [Persister, Uint8Array[], Uint8Array[]] = [new Persister(), [], []];
    let stored: () => void = () => undefined;
    const storage: Storage = {
      load: () => persister.load(),
      write(batch) {
        if (batch.snapshot !== undefined) written.push(batch.snapshot.data);
        persister.write(batch);
      },
      stage(bytes) {
        staged.push(bytes);
        return new Promise((resolve) => (stored = resolve));
      },
      close,
    };
    const config = { maxBytesPerMessage: 10 };
    const leader = peers.add(0, { serverCount: 2, config, storage: leading });
    peers.add(1, { serverCount: 2, config, storage });
    await peers.leader();
    const { term } = leader.getState();
    await peers.clock.sleep(5000);
    expect([staged, written]).toEqual([[data], []]);
    expect(leader.getState()).toEqual({ term, isLeader: true });
    stored();
    await peers.clock.sleep(1);
    expect(peers.log(1)).toEqual(['snapshot 2']);
    expect(written[0]).toBe(staged[0]);
  }));

// Figure 13: a snapshot goes in chunks, within a window, beside heartbeats; a lost chunk costs one chunk.
import type { Message } from '@raftlab/protocol';
import { AssertionError, type Outputs } from '@raftlab/raft-core';
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

const bytes = (sizeBytes: number): Uint8Array => Uint8Array.from({ length: sizeBytes }, (_, at) => at % 251);

/** A leader of term 2 with the log `[3/2] 2`, whose server 1 needs the snapshot, of the given size in bytes, in chunks of 10. */
function sending(sizeBytes: number): DrivenCore {
  const driven = compactedLeader({ maxBytesPerMessage: 10 }, bytes(sizeBytes));
  driven.receive(1, refusal(2, 1, [0, 1]));
  return driven;
}

interface Sent {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly round: number;
}

/** The chunks that server 1 is sent at the next ticks, until there is nothing more to send. */
function chunksOf(driven: DrivenCore): Sent[] {
  const sent: Sent[] = [];
  for (let left = driven.tick().send; left.length > 0; left = driven.tick().send) {
    for (const { to, message } of left) {
      if (to !== 1 || message.kind !== 'installSnapshot') continue;
      const { offset, data, round } = message.args;
      sent.push({ offset, sizeBytes: data.length, round });
    }
  }
  return sent;
}

const offsets = (chunks: readonly Sent[]): number[] => chunks.map(({ offset }) => offset);

// ---- the leader ----

test('a snapshot that fits into one message is one message', () => {
  expect(chunksOf(sending(10))).toEqual([{ offset: 0, sizeBytes: 10, round: expect.any(Number) }]);
});

test('an empty snapshot is one message too', () => {
  const driven = sending(0);
  expect(chunksOf(driven)).toEqual([{ offset: 0, sizeBytes: 0, round: expect.any(Number) }]);
  driven.receive(1, snapshotAck(2, 3));
  expect(driven.progress(1)).toMatchObject({ mode: 'replicate', matchIndex: 3 });
});

test('a larger snapshot leaves in chunks, one after another, and no more of them than the window allows', () => {
  const driven = sending(1000);
  const chunks = chunksOf(driven);
  expect(offsets(chunks)).toEqual(Array.from({ length: 32 }, (_, at) => at * 10));
  driven.receive(1, partAck(2, { index: 3, offset: 20, round: chunks[1]?.round ?? 0 }));
  expect(offsets(chunksOf(driven))).toEqual([320, 330]);
});

test('heartbeats go on while a snapshot is under way, and overtake it', () => {
  const driven = sending(1000);
  chunksOf(driven);
  const beats = driven.tickAt(driven.now + 100).send.filter(({ to }) => to === 1);
  expect(beats[0]).toMatchObject({ isUrgent: true, message: { kind: 'appendEntries' } });
});

test('chunks that are not answered are not sent again: when a heartbeat is, a chunk without bytes asks which of them arrived', () => {
  const driven = sending(30);
  expect(offsets(chunksOf(driven))).toEqual([0, 10, 20]);
  for (let beat = 1; beat <= 8; beat += 1) {
    driven.now += 100;
    driven.receive(2, ack(2, 4));
    expect(chunksOf(driven)).toEqual([]);
    driven.receive(1, ack(2, 0));
    expect(chunksOf(driven)).toEqual([{ offset: 30, sizeBytes: 0, round: expect.any(Number) }]);
  }
});

test('a lost chunk costs one chunk: the follower keeps those that came after it', () => {
  const driven = sending(50);
  const chunks = chunksOf(driven);
  driven.receive(1, partAck(2, { index: 3, offset: 10, round: chunks[0]?.round ?? 0 }));
  // The second is lost; the answers to the third and the fourth say so.
  driven.receive(1, partAck(2, { index: 3, offset: 10, round: chunks[2]?.round ?? 0 }));
  driven.receive(1, partAck(2, { index: 3, offset: 10, round: chunks[3]?.round ?? 0 }));
  expect(offsets(chunksOf(driven))).toEqual([10]);
});

/** The first of five chunks seems lost, and its copy leaves; then the follower has it by the original or the copy. */
function overtakenMsAfter(arrives: 'original' | 'copy'): number {
  const driven = sending(50);
  const [first, second] = chunksOf(driven);
  driven.receive(1, partAck(2, { index: 3, offset: 0, round: second?.round ?? 0 }));
  const [copy] = chunksOf(driven);
  driven.now += 30;
  const round = (arrives === 'original' ? first : copy)?.round ?? 0;
  driven.receive(1, partAck(2, { index: 3, offset: 20, round }));
  return driven.progress(1).overtakenMs;
}

test('a chunk that was taken for lost, and was only overtaken, makes the leader wait longer (RFC 3522)', () => {
  expect(overtakenMsAfter('original')).toBe(30);
  expect(overtakenMsAfter('copy')).toBe(0);
});

test('a chunk whose loss is reported after a later answer is sent again, and no other', () => {
  const driven = sending(50);
  const chunks = chunksOf(driven);
  driven.receive(1, partAck(2, { index: 3, offset: 0, round: chunks[4]?.round ?? 0 }));
  expect(offsets(chunksOf(driven))).toEqual([0]);
  driven.step({ kind: 'unreachable', peer: 1, ticket: chunks[2]?.round ?? 0 });
  expect(offsets(chunksOf(driven))).toEqual([20]);
});

test('chunks that a queue had no room for are sent again, and not those that wait in it; and less is put into it', () => {
  const driven = sending(50);
  const chunks = chunksOf(driven);
  const { windowBytes } = driven.progress(1);
  for (const { round } of chunks.slice(2)) driven.step({ kind: 'unreachable', peer: 1, ticket: round });
  // The first two arrive. What left later than they did is answered once the next heartbeat is.
  for (const [at, { round }] of chunks.slice(0, 2).entries())
    driven.receive(1, partAck(2, { index: 3, offset: 10 * (at + 1), round }));
  expect(driven.progress(1)).toMatchObject({ windowBytes: windowBytes / 2, transfer: { storedOffset: 20 } });
  driven.receive(1, ack(2, 0));
  expect(offsets(chunksOf(driven))).toEqual([20, 30, 40]);
});

test('a follower that returns is sent every chunk that was lost without a report, also when the window is smaller than they are by then', () => {
  const driven = compactedLeader({ maxBytesPerMessage: 32 * 1024 }, bytes(100_000));
  driven.receive(1, refusal(2, 1, [0, 1]));
  const starts = [0, 32_768, 65_536, 98_304];
  expect(offsets(chunksOf(driven))).toEqual(starts);
  // What the leader knew of the link is out of date, so the window is a quarter: the size of one chunk.
  driven.now += 11_000;
  driven.receive(2, ack(2, 4));
  expect(chunksOf(driven)).toEqual([]);
  driven.receive(1, ack(2, 0));
  expect(driven.progress(1).windowBytes).toBe(32 * 1024);
  const [question] = chunksOf(driven);
  expect(question).toMatchObject({ sizeBytes: 0 });
  let last = question;
  for (const offset of starts) {
    driven.receive(1, partAck(2, { index: 3, offset, round: last?.round ?? 0 }));
    [last] = chunksOf(driven);
    expect(last).toMatchObject({ offset });
  }
});

test('after a failed message the snapshot waits until the follower answers, and goes on where it was', () => {
  const driven = sending(50);
  const chunks = chunksOf(driven);
  driven.receive(1, partAck(2, { index: 3, offset: 20, round: chunks[1]?.round ?? 0 }));
  driven.step({ kind: 'unreachable', peer: 1, ticket: chunks[2]?.round ?? 0 });
  const sent: Sent[] = [];
  for (const end = driven.now + 900; driven.now < end; driven.now += 10) {
    sent.push(...chunksOf(driven));
    driven.receive(2, ack(2, 4));
  }
  expect(sent).toEqual([]);
  driven.receive(1, ack(2, 0));
  expect(offsets(chunksOf(driven))).toEqual([20, 30, 40]);
});

test('a follower that was restarted has forgotten its parts, and is sent all of them again', () => {
  const driven = sending(1000);
  const chunks = chunksOf(driven);
  driven.receive(1, partAck(2, { index: 3, offset: 320, round: chunks.at(-1)?.round ?? 0 }));
  const [next] = chunksOf(driven);
  driven.receive(1, partAck(2, { index: 3, offset: 0, round: next?.round ?? 0 }));
  expect(offsets(chunksOf(driven)).slice(0, 3)).toEqual([0, 10, 20]);
});

test('the answers of one follower that come in another order send nothing again', () => {
  const driven = sending(30);
  const chunks = chunksOf(driven);
  for (const at of [2, 0, 1])
    driven.receive(1, partAck(2, { index: 3, offset: (at + 1) * 10 - 1, round: chunks[at]?.round ?? 0 }));
  expect(offsets(chunksOf(driven)).length).toBeLessThanOrEqual(1);
});

test('the snapshot that is under way stays the same while the leader compacts further; then the newer one follows', () => {
  const driven = sending(25);
  const first = driven.tick().send.find(({ message }) => message.kind === 'installSnapshot');
  driven.step({ kind: 'compact', lastIncludedIndex: 4, data: bytes(7) });
  expect(first?.message).toMatchObject({ args: { lastIncludedIndex: 3 } });
  expect(offsets(chunksOf(driven))).toEqual([10, 20]);
  driven.receive(1, snapshotAck(2, 3));
  const [newer] = driven.tick().send.filter(({ message }) => message.kind === 'installSnapshot');
  expect(newer?.message).toMatchObject({ args: { lastIncludedIndex: 4, sizeBytes: 7 } });
});

// ---- the follower ----

/** A follower of term 1, and what it does with the chunks `[from, to]` of a snapshot of two bytes. */
function receives(driven: DrivenCore, index: number, chunk: readonly [number, number], term = 1): Outputs {
  return driven.receive(1, installSnapshot(term, [index, 1], { chunk }));
}

test('the snapshot is installed with the chunk that completes it, in whatever order they come', () => {
  for (const order of [
    [
      [0, 1],
      [1, 2],
    ],
    [
      [1, 2],
      [0, 1],
    ],
  ] as const) {
    const driven = new DrivenCore({});
    const [first, last] = [receives(driven, 5, order[0]), receives(driven, 5, order[1])];
    expect([persists(first), applies(first)]).toEqual(['t1 vote -', '']);
    expect([persists(last), applies(last)]).toEqual(['snapshot 5/1; from 6:', 'snapshot 5']);
    expect(said(last)).toEqual(['1 once durable: snapshot ack t1 match 5']);
    expect(driven.state.log.snapshot?.data).toEqual(Uint8Array.of(0xff, 5));
  }
});

test('each answer says up to where the snapshot is complete', () => {
  const driven = new DrivenCore({});
  expect(said(receives(driven, 5, [1, 2]))).toEqual(['1 once durable: snapshot t1 up to 5 stored to 0']);
  const other = new DrivenCore({});
  expect(said(receives(other, 5, [0, 1]))).toEqual(['1 once durable: snapshot t1 up to 5 stored to 1']);
  expect(said(receives(other, 5, [0, 1]))).toEqual(['1 once durable: snapshot t1 up to 5 stored to 1']);
});

test('chunks of different snapshots, and of different leaders, are never put together', () => {
  const driven = new DrivenCore({});
  receives(driven, 5, [0, 1]);
  expect(applies(receives(driven, 6, [1, 2]))).toBe('');
  // A chunk of the older one comes late.
  expect(said(receives(driven, 5, [1, 2]))).toEqual(['1 once durable: snapshot t1 up to 5 stored to 0']);
  expect(applies(receives(driven, 6, [0, 1]))).toBe('snapshot 6');
  receives(driven, 9, [0, 1]);
  expect(applies(receives(driven, 9, [1, 2], 2))).toBe('');
});

test('a follower that has more pieces than it remembers still takes the chunk that it asks for', () => {
  const driven = new DrivenCore({});
  const data = bytes(300);
  const add = (offset: number): Outputs => {
    const part = { sizeBytes: data.length, offset, data: data.slice(offset, offset + 1), round: 1 };
    const args = { term: 1, leaderId: 1, lastIncludedIndex: 5, lastIncludedTerm: 1, ...part };
    return driven.receive(1, { kind: 'installSnapshot', args });
  };
  for (let offset = 1; offset < data.length; offset += 2) add(offset);
  const asked: number[] = [];
  for (let next = driven.state.incoming; next !== undefined; next = driven.state.incoming) {
    if (next.storedTo === asked.at(-1)) break;
    asked.push(next.storedTo);
    add(next.storedTo);
  }
  // The first 64 pieces end at offset 128.
  const evens = Array.from({ length: 64 }, (_, at) => 2 * at);
  expect(asked).toEqual([...evens, ...Array.from({ length: 172 }, (_, at) => 128 + at)]);
  expect(driven.state.log.snapshot?.data).toEqual(data);
});

test('parts are forgotten with the term of their leader, and when the log has caught up', () => {
  const driven = new DrivenCore({});
  receives(driven, 2, [0, 1]);
  expect(driven.state.incoming?.storedTo).toBe(1);
  driven.receive(1, appendEntries({ term: 1, terms: [1, 1], commit: 2 }));
  expect(driven.state.incoming).toBeUndefined();
  receives(driven, 5, [0, 1]);
  driven.receive(2, appendEntries({ term: 2, leaderId: 2 }));
  expect(driven.state.incoming).toBeUndefined();
});

test('a snapshot that is larger than this server accepts stops it, and says which setting to raise', () => {
  const driven = new DrivenCore({ config: { maxSnapshotBytes: 1 } });
  const send = (): Outputs => receives(driven, 5, [0, 1]);
  expect(send).toThrow(AssertionError);
  expect(send).toThrow('raise maxSnapshotBytes on every server');
});

test('a leader and a follower carry a snapshot over, byte for byte', () => {
  const leader = sending(1234);
  const follower = new DrivenCore({ me: 1, terms: [], currentTerm: 2 });
  let left: Message[] = leader
    .tick()
    .send.filter(({ to }) => to === 1)
    .map(({ message }) => message);
  for (let round = 0; left.length > 0 && round < 500; round += 1) {
    for (const message of left)
      for (const envelope of follower.receive(0, message).sendAfterPersist)
        leader.receive(1, envelope.message);
    left = leader
      .tick()
      .send.filter(({ to }) => to === 1)
      .map(({ message }) => message);
  }
  expect(follower.state.log.snapshot?.data).toEqual(bytes(1234));
  expect(follower.state.log.lastIndex).toBe(4);
});

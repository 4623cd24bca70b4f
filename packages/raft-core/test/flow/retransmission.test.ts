// What is in flight is sent again when it got lost, and not because its answer is late; a server that does not answer gets
// heartbeats only; and no more is in flight than the link carries.
import { expect, test } from 'vitest';
import { overdueAfterMs } from '../../src/core/flow-window.ts';
import { ack, DrivenCore, envelopeTo, leaderOf, refusal, replicatingLeaderOf, said } from '../driven-core.ts';

function only(lines: readonly string[], server: number): string[] {
  return lines.filter((line) => line.startsWith(`${server}: `)).map((line) => line.slice(3));
}

/** What server 1 is sent at the next ticks, until there is nothing more to say. */
function sentTo1(driven: DrivenCore): string[] {
  const sent: string[] = [];
  for (let left = said(driven.tick()); left.length > 0; left = said(driven.tick()))
    sent.push(...only(left, 1));
  return sent;
}

/** Proposes commands of the given size, in bytes. */
function proposeBytes(driven: DrivenCore, count: number, sizeBytes: number): void {
  driven.step({ kind: 'propose', commands: Array.from({ length: count }, () => new Uint8Array(sizeBytes)) });
}

// ---- what is late is not lost ----

test('entries whose answer is late are not sent again, nor is anything new sent, while the follower answers nothing', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1, 2);
  driven.tick();
  const sent: string[] = [];
  for (const end = driven.now + 1000; driven.now < end; driven.now += 10) {
    sent.push(...sentTo1(driven));
    driven.receive(2, ack(2, 3));
    if (driven.now === end - 500) driven.propose(3);
  }
  expect(new Set(sent)).toEqual(new Set(['AppendEntries t2 after 1/1 [] commit 0']));
  expect(sent.length).toBeLessThanOrEqual(10);
  expect(driven.progress(1)).toMatchObject({ mode: 'replicate', nextIndex: 4 });
});

test('when heartbeats are answered and entries are not, a request without entries follows them, once for each answer', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1, 2);
  driven.tick();
  driven.tickAt(driven.now + 100);
  driven.receive(1, ack(2, 1));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 3/2 [] commit 0']);
  driven.tickAt(driven.now + 100);
  const heartbeat = driven.progress(1).ticket;
  expect(sentTo1(driven)).toEqual([]);
  driven.receive(1, ack(2, 1, heartbeat));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 3/2 [] commit 0']);
});

test('an acknowledgement that comes late goes on from where the leader is, however late it is', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1, 2);
  driven.tick();
  driven.tickAt(driven.now + 600);
  driven.propose(3);
  driven.receive(1, ack(2, 3));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 3/2 [2] commit 0']);
});

test('the refusal of the request that follows overdue entries shows that they are lost', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1, 2);
  driven.tick();
  driven.tickAt(driven.now + 100);
  driven.receive(1, ack(2, 1));
  driven.tick();
  driven.receive(1, refusal(2, 3, [0, 2]));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 1/1 [2 2] commit 0']);
});

test('a refusal of what left before the leader changed its course changes nothing', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  for (const value of [1, 2, 3]) {
    driven.propose(value);
    driven.tick();
  }
  const { ticket } = driven.progress(1);
  driven.receive(1, refusal(2, 2, [0, 2], ticket - 1));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 1/1 [2 2 2] commit 0']);
  driven.receive(1, ack(2, 2));
  driven.propose(4);
  const before = { ...driven.progress(1) };
  driven.receive(1, refusal(2, 3, [0, 2], ticket));
  expect(driven.progress(1)).toMatchObject({ mode: before.mode, nextIndex: before.nextIndex });
});

/**
 * Server 1 answers heartbeats at once, and each entry only after the time given, in ms; what asks for lost entries overtakes them
 * and is refused. Returns how often the entry leaves before it is acknowledged.
 */
function copiesBehind(driven: DrivenCore, delayMs: number): number {
  driven.propose(1);
  const { lastIndex } = driven.state.log;
  const first = driven.progress(1).ticket + 1;
  let copies = 0;
  for (const end = driven.now + delayMs; driven.now < end; driven.now += 10) {
    driven.receive(2, ack(2, lastIndex));
    for (const line of sentTo1(driven)) {
      if (line.includes('[2]')) copies += 1;
      else if (line.includes(`after ${lastIndex}/`)) driven.receive(1, refusal(2, lastIndex, [0, lastIndex]));
      else driven.receive(1, ack(2, lastIndex - 1));
    }
  }
  driven.receive(1, ack(2, lastIndex, first));
  sentTo1(driven);
  driven.receive(1, ack(2, lastIndex));
  return copies;
}

test('where a request overtakes entries, the leader waits as long as they took before it takes them for lost (RFC 3522)', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  const copies = Array.from({ length: 3 }, () => copiesBehind(driven, 500));
  expect(copies[0]).toBeGreaterThan(1);
  expect(copies.slice(1)).toEqual([1, 1]);
  expect(overdueAfterMs(driven.progress(1), { heartbeatIntervalMs: 100 })).toBe(500);
});

test('that time has a bound, and halves with every period of 10 s until it is a heartbeat interval', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  copiesBehind(driven, 8000);
  expect(overdueAfterMs(driven.progress(1), { heartbeatIntervalMs: 100 })).toBe(4000);
  for (const end = driven.now + 70_000; driven.now < end; driven.now += 50) {
    sentTo1(driven);
    for (const from of [1, 2]) driven.receive(from, ack(2, driven.state.log.lastIndex));
  }
  expect(overdueAfterMs(driven.progress(1), { heartbeatIntervalMs: 100 })).toBe(100);
});

test('entries that really are lost do not make the leader wait longer for the next ones', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  for (let round = 0; round < 4; round += 1) {
    driven.propose(1);
    const { lastIndex } = driven.state.log;
    sentTo1(driven);
    driven.receive(1, refusal(2, lastIndex, [0, lastIndex]));
    sentTo1(driven);
    for (const from of [1, 2]) driven.receive(from, ack(2, lastIndex));
  }
  expect(overdueAfterMs(driven.progress(1), { heartbeatIntervalMs: 100 })).toBe(100);
});

// ---- heartbeats overtake data ----

test('a heartbeat says nothing that depends on messages in flight, and is urgent; entries are not', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  const data = envelopeTo({ ...driven.tick(), sendAfterPersist: [] }, 1);
  const beats = driven.tickAt(driven.now + 100).send.filter(({ to }) => to === 1);
  expect(data.isUrgent).toBe(false);
  expect(beats).toMatchObject([{ isUrgent: true, message: { args: { prevLogIndex: 1 } } }]);
  // What asks for lost entries must not overtake those that are only late.
  driven.receive(1, ack(2, 1));
  expect(envelopeTo(driven.tick(), 1)).toMatchObject({
    isUrgent: false,
    message: { args: { prevLogIndex: 2 } },
  });
});

test('a follower takes the messages of both lanes in any order', () => {
  const leader = replicatingLeaderOf({ terms: [1], serverCount: 2 });
  const follower = new DrivenCore({ me: 1, terms: [1], currentTerm: 2, serverCount: 2 });
  leader.propose(1);
  const [data] = leader.tick().send;
  leader.persisted();
  const [heartbeat] = leader.tickAt(leader.now + 100).send;
  for (const envelope of [heartbeat, data]) {
    if (envelope === undefined) throw new Error('a message is missing');
    const { message } = envelopeTo(follower.receive(0, envelope.message), 0);
    leader.receive(1, message);
  }
  expect(follower.logText).toBe('1 2');
  expect([leader.state.commitIndex, leader.progress(1).mode]).toEqual([2, 'replicate']);
});

test('entries that follow others in flight do not put off the next heartbeat', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  const beats: string[] = [];
  driven.propose(1);
  driven.tick();
  for (const end = driven.now + 250; driven.now < end; driven.now += 10) {
    driven.propose(1);
    beats.push(...sentTo1(driven).filter((line) => line.includes('after 1/1 []')));
  }
  expect(beats).toHaveLength(2);
});

// ---- a server that does not answer ----

test('after a failed message a follower gets heartbeats only, until it answers one (canonical/raft#223)', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  const { ticket } = envelopeTo({ ...driven.tick(), sendAfterPersist: [] }, 1);
  driven.step({ kind: 'unreachable', peer: 1, ticket });
  driven.propose(2);
  const sent: string[] = [];
  for (const end = driven.now + 2000; driven.now < end; driven.now += 10) {
    sent.push(...sentTo1(driven));
    driven.step({ kind: 'unreachable', peer: 1, ticket: driven.progress(1).ticket });
    driven.receive(2, ack(2, 3));
  }
  expect(new Set(sent)).toEqual(new Set(['AppendEntries t2 after 1/1 [] commit 0']));
  expect(sent.length).toBeLessThanOrEqual(2000 / 100 + 5);
  driven.tickAt(driven.now + 100);
  driven.receive(1, ack(2, 1));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 1/1 [2 2] commit 0']);
});

test('an answer to what left before the failed message does not show that the follower is there', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  driven.tick();
  const earlier = driven.progress(1).ticket;
  driven.propose(2);
  driven.tick();
  driven.step({ kind: 'unreachable', peer: 1, ticket: earlier + 1 });
  driven.receive(1, ack(2, 2, earlier));
  expect(sentTo1(driven)).toEqual([]);
  driven.tickAt(driven.now + 10);
  driven.receive(1, ack(2, 2));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 2/2 [2] commit 0']);
});

test('a failure that is reported after a later message was answered sends again what was lost, at once', () => {
  const driven = replicatingLeaderOf({ terms: [1] });
  driven.propose(1);
  driven.tick();
  const lost = driven.progress(1).ticket;
  driven.tickAt(driven.now + 100);
  driven.receive(1, ack(2, 1, lost + 1));
  driven.step({ kind: 'unreachable', peer: 1, ticket: lost });
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 1/1 [2] commit 0']);
});

/** A leader with an entry in each of three messages in flight to server 1, and the tickets of these. */
function withThreeInFlight(): { driven: DrivenCore; tickets: number[] } {
  const driven = replicatingLeaderOf({ terms: [1] });
  const tickets = [1, 2, 3].map((value) => {
    driven.propose(value);
    driven.tick();
    return driven.progress(1).ticket;
  });
  return { driven, tickets };
}

test.each([
  { lost: [2], sent: 'after 3/2 [2]', what: 'the last message: it alone' },
  { lost: [1], sent: 'after 2/2 [2 2]', what: 'one in the middle: it and what followed' },
  { lost: [0], sent: 'after 1/1 [2 2 2]', what: 'the first: all' },
  { lost: [2, 1, 0], sent: 'after 1/1 [2 2 2]', what: 'all, in any order: all' },
])('what is sent again after the loss of $what', ({ lost, sent }) => {
  const { driven, tickets } = withThreeInFlight();
  for (const at of lost) driven.step({ kind: 'unreachable', peer: 1, ticket: tickets[at] ?? 0 });
  driven.tickAt(driven.now + 100);
  driven.receive(1, ack(2, 1));
  expect(sentTo1(driven)).toEqual([`AppendEntries t2 ${sent} commit 0`]);
});

test('into a queue that loses what it has no room for less is put, and no second copy of what waits there', () => {
  const driven = replicatingLeaderOf({ terms: [1], config: { maxBytesPerMessage: 8 * 1024 } });
  proposeBytes(driven, 16, 8 * 1024);
  sentTo1(driven);
  const waiting = driven.progress(1).inflight.slice(0, 4);
  for (const windowBytes of [64 * 1024, 32 * 1024]) {
    for (const { round } of driven.progress(1).inflight.slice(4))
      driven.step({ kind: 'unreachable', peer: 1, ticket: round });
    driven.tickAt(driven.now + 10);
    driven.receive(1, ack(2, 1));
    sentTo1(driven);
    expect(driven.progress(1).windowBytes).toBe(windowBytes);
  }
  expect(driven.progress(1).inflight).toEqual(waiting);
});

// ---- the window ----

test('no more bytes are in flight than the window allows, whatever is proposed', () => {
  const driven = replicatingLeaderOf({ config: { maxInflightBytes: 10_000 } });
  proposeBytes(driven, 100, 1000);
  sentTo1(driven);
  const { inflight, inflightBytes } = driven.progress(1);
  expect(inflightBytes).toBe(inflight.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  expect(inflightBytes).toBeGreaterThanOrEqual(10_000);
  // The message that reaches the bound may exceed it.
  expect(inflightBytes).toBeLessThanOrEqual(10_000 + 32 * 1024);
});

test('a command that is larger than every window is sent alone', () => {
  const driven = replicatingLeaderOf({ config: { maxInflightBytes: 10_000 } });
  proposeBytes(driven, 2, 5_000_000);
  expect(sentTo1(driven)).toEqual(['AppendEntries t1 after 0/0 [1] commit 0']);
  driven.receive(1, ack(1, 1));
  expect(sentTo1(driven)).toEqual(['AppendEntries t1 after 1/1 [1] commit 0']);
});

/** The window after 60 rounds in which every answer takes the given time, in ms, for each message in flight before it. */
function windowAfter(driven: DrivenCore, msPerKilobyte: number): number {
  proposeBytes(driven, 10_000, 1000);
  for (let round = 0; round < 60; round += 1) {
    sentTo1(driven);
    const [oldest] = driven.progress(1).inflight;
    if (oldest === undefined) throw new Error('nothing is in flight');
    driven.now += 1 + (oldest.sizeBytes / 1000) * msPerKilobyte;
    driven.receive(2, ack(1, 0));
    driven.receive(1, ack(1, oldest.end));
  }
  return driven.progress(1).windowBytes;
}

test('the window grows while answers come promptly, up to its bound, and shrinks when they come late', () => {
  const bound = 1_000_000;
  const leader = (): DrivenCore => replicatingLeaderOf({ config: { maxInflightBytes: bound } });
  expect(windowAfter(leader(), 0)).toBe(bound);
  // 10 ms for a kilobyte: half a second of queue is 50 KB.
  const narrow = windowAfter(leader(), 10);
  expect(narrow).toBeLessThan(60_000);
  expect(narrow).toBeGreaterThanOrEqual(32 * 1024);
});

/** Lets every answer take the given delay for the given time, both in ms, and returns the window. */
function windowAtDelay(driven: DrivenCore, delayMs: number, durationMs: number): number {
  for (const end = driven.now + durationMs; driven.now < end;) {
    proposeBytes(driven, 200, 1000);
    sentTo1(driven);
    const { inflight } = driven.progress(1);
    driven.now += delayMs;
    for (const from of [1, 2])
      driven.receive(from, ack(1, inflight.at(-1)?.end ?? driven.progress(1).matchIndex));
  }
  return driven.progress(1).windowBytes;
}

test('a link whose own delay has become longer is given a window for it within two periods of 10 s', () => {
  const driven = replicatingLeaderOf({ config: { electionTimeoutMinMs: 300, electionTimeoutMaxMs: 1000 } });
  expect(windowAtDelay(driven, 1, 50)).toBeGreaterThan(128 * 1024);
  // It looks like a queue at first.
  expect(windowAtDelay(driven, 250, 5000)).toBeLessThan(64 * 1024);
  expect(windowAtDelay(driven, 250, 25_000)).toBeGreaterThan(128 * 1024);
});

test('on a narrow window messages are small, so that none occupies the link for long', () => {
  const driven = replicatingLeaderOf({});
  windowAfter(driven, 10);
  const sizes = driven.progress(1).inflight.map(({ sizeBytes }) => sizeBytes);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(16 * 1024);
});

test('a probe that is not answered is sent again without its entries', () => {
  const driven = leaderOf({ terms: [1, 1, 1] });
  driven.tick();
  driven.receive(1, refusal(2, 3, [0, 1]));
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 0/0 [1 1 1] commit 0']);
  driven.now += 100;
  expect(sentTo1(driven)).toEqual(['AppendEntries t2 after 0/0 [] commit 0']);
});

// Mistakes that other implementations of Raft have made, by the number they have in this project's list: what goes wrong
// is in the title, and the test is the shortest run that would show it. Those of features that do not exist are left out.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { raftMethods, CommandEntry, payloadOf, type ApplyMsg } from '@raftlab/protocol';
import { valueCodec, type ClientEnd } from '@raftlab/rpc';
import type { Storage, WriteBatch } from '@raftlab/storage';
import { Persister } from '@raftlab/persister';
import { AssertionError, make, type LabRaft } from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  ack,
  appendEntries,
  applies,
  DrivenCore,
  envelopeTo,
  granted,
  installSnapshot,
  leaderOf,
  persists,
  refusal,
  replicatingLeaderOf,
  requestVote,
  said,
  snapshotAck,
} from './driven-core.ts';

function check(driven: DrivenCore, summary: string): void {
  expect(driven.summary).toBe(summary);
}

// ---- commit rules ----

test('trap 1: an entry of an earlier term is on a majority, and the leader counts it as committed', () => {
  const driven = replicatingLeaderOf({ terms: [1, 2], currentTerm: 3 });
  check(driven, 'leader t4 voted 0: 1 2 | commit 0');
});

test('trap 2: a follower commits an old suffix of its own because leaderCommit reaches beyond what was verified', () => {
  const driven = new DrivenCore({ terms: [1, 2, 2] });
  driven.receive(1, appendEntries({ term: 3, after: [1, 1], commit: 3 }));
  check(driven, 'follower t3 voted -: 1 2 2 | commit 1');
});

test('trap 3: a follower acknowledges its own last index instead of what the message covered', () => {
  const driven = new DrivenCore({ terms: [1, 2, 2] });
  expect(said(driven.receive(1, appendEntries({ term: 3, after: [1, 1] })))).toEqual([
    '1 once durable: ack t3 match 1',
  ]);
});

test('trap 4: a heartbeat carries the commit index to a follower that lacks the entries, and it commits something else', () => {
  const driven = new DrivenCore({ terms: [1] });
  driven.receive(1, appendEntries({ term: 2, after: [1, 1], commit: 7 }));
  check(driven, 'follower t2 voted -: 1 | commit 1');
  driven.receive(1, appendEntries({ term: 2, after: [7, 2], commit: 7 }));
  check(driven, 'follower t2 voted -: 1 | commit 1');
});

test('trap 5: the commit index goes back, or a server that lost its disk goes on as if nothing had been committed', () => {
  const driven = new DrivenCore({ terms: [1, 1] });
  driven.receive(1, appendEntries({ term: 1, after: [2, 1], commit: 2 }));
  driven.receive(1, appendEntries({ term: 1, after: [2, 1], commit: 1 }));
  check(driven, 'follower t1 voted -: 1 1 | commit 2');
  expect(() => driven.receive(2, appendEntries({ term: 2, leaderId: 2, terms: [2] }))).toThrow(
    'has a server lost its storage?',
  );
});

test('trap 7: a refusal or an old acknowledgement lowers matchIndex, or brings nextIndex to or below it', () => {
  const driven = replicatingLeaderOf({ terms: [1, 1, 1] });
  for (const message of [
    ack(2, 1),
    refusal(2, 3, [0, 1]),
    refusal(2, 1, [1, 1]),
    ack(2, 0),
    snapshotAck(2, 1),
  ]) {
    driven.receive(1, message);
    expect(driven.progress(1)).toMatchObject({ matchIndex: 3, nextIndex: 4 });
  }
});

// ---- log matching and reordering ----

test('trap 8: an old, shorter AppendEntries cuts newer entries', () => {
  const driven = new DrivenCore({ terms: [1, 1, 1] });
  expect(persists(driven.receive(1, appendEntries({ term: 1, terms: [1] })))).toBe('nothing');
  check(driven, 'follower t1 voted -: 1 1 1 | commit 0');
});

test('trap 9: an empty AppendEntries is accepted without checking its predecessor', () => {
  const driven = new DrivenCore({ terms: [1] });
  const outputs = driven.receive(1, appendEntries({ term: 2, after: [1, 2], commit: 1 }));
  expect(said(outputs)).toEqual(['1 once durable: refusal t2 of 1, conflict t1 from 1']);
  check(driven, 'follower t2 voted -: 1 | commit 0');
});

test('trap 10: a refusal that comes late moves the probe', () => {
  const driven = leaderOf({ terms: [1, 1, 1, 1] });
  driven.tick();
  driven.receive(1, refusal(2, 4, [0, 3]));
  driven.receive(1, refusal(2, 4, [0, 1]));
  expect(driven.progress(1).nextIndex).toBe(3);
});

test('trap 11: an AppendEntries older than the commit index, or than the snapshot, is refused, and the leader backs up', () => {
  const driven = new DrivenCore({ snapshot: [5, 2], terms: [2] });
  expect(said(driven.receive(1, appendEntries({ term: 2, after: [1, 1], terms: [1, 1] })))).toEqual([
    '1 once durable: ack t2 match 5',
  ]);
});

test('trap 12: the leader backs up by one entry per round trip, because one of the two sides does not look at terms', () => {
  const follower = new DrivenCore({ me: 1, terms: [1, 2, 2, 2, 2], currentTerm: 4 });
  const leader = leaderOf({ terms: [1, 3, 3, 3, 3], currentTerm: 3 });
  const reply = follower.receive(0, envelopeTo(leader.tick(), 1).message);
  expect(said(reply)).toEqual(['0 once durable: refusal t4 of 5, conflict t2 from 2']);
  leader.receive(1, envelopeTo(reply, 0).message);
  expect(said(leader.tick())).toEqual(['1: AppendEntries t4 after 1/1 [3 3 3 3] commit 0']);
});

test('trap 14: with a full window the leader says nothing, and a lost answer stalls it for ever', () => {
  const driven = replicatingLeaderOf({ config: { maxInflightMessages: 1, maxEntriesPerMessage: 1 } });
  driven.propose(1, 2);
  driven.tick();
  driven.now += 100;
  expect(said(driven.tick())).toContain('1: AppendEntries t1 after 0/0 [1] commit 0');
});

test('trap 15 and trap 63: the term is read, something is awaited, and the term is used: the core has nothing to await', () => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const code = readFileSync(`${src}/${file}`, 'utf8').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
    expect([file, /\bawait\b|\basync\b/.exec(code)?.[0]]).toEqual([file, undefined]);
  }
});

// ---- votes and terms ----

test('trap 16: a candidate that steps down in its term forgets its vote, and votes a second time', () => {
  const driven = new DrivenCore({});
  driven.campaign();
  driven.receive(1, appendEntries({ term: 1 }));
  expect(said(driven.receive(2, requestVote(2, 1, [9, 9])))).toEqual(['2 once durable: vote t1 refused']);
  check(driven, 'follower t1 voted 0:  | commit 0');
});

test('trap 17: a reply leaves before the term and the vote that it promises are durable', () => {
  const messages = [
    requestVote(1, 5),
    requestVote(1, 5, [0, 0]),
    appendEntries({ term: 5 }),
    appendEntries({ term: 5, after: [3, 3] }),
    installSnapshot(5, [3, 3]),
  ];
  for (const message of messages)
    expect(new DrivenCore({ currentTerm: 2 }).receive(1, message).send).toEqual([]);
});

test('trap 18: a single server counts its own vote and its own entries before they are durable', () => {
  const driven = new DrivenCore({ serverCount: 1 });
  driven.tickAt(1000);
  check(driven, 'candidate t1 voted 0:  | commit 0');
  driven.persisted();
  driven.propose(1);
  check(driven, 'leader t1 voted 0: 1 | commit 0');
  driven.persisted();
  check(driven, 'leader t1 voted 0: 1 | commit 1');
});

test('trap 19: entries of a new term are durable before the term is', () => {
  const { persist } = new DrivenCore({ terms: [1] }).receive(
    1,
    appendEntries({ term: 2, after: [1, 1], terms: [2] }),
  );
  expect(persist?.batch).toMatchObject({ hardState: { currentTerm: 2 }, log: { firstIndex: 2 } });
});

test('trap 20: a reply of a higher term counts as a vote', () => {
  const driven = new DrivenCore({});
  driven.campaign();
  driven.receive(1, granted(9));
  check(driven, 'follower t9 voted -:  | commit 0');
});

test('trap 21: a vote that is refused, or a message of an old term, postpones the election', () => {
  const driven = new DrivenCore({ terms: [2], votedFor: 2 });
  driven.now = 900;
  driven.receive(1, requestVote(1, 2, [1, 2]));
  driven.receive(1, requestVote(1, 3, [0, 0]));
  driven.receive(1, appendEntries({ term: 2 }));
  driven.receive(1, installSnapshot(2, [9, 2]));
  expect(driven.follower.electionDeadline).toBe(1000);
});

test('trap 24: one server with a term at the limit makes the others count beyond what a number can hold', () => {
  const driven = new DrivenCore({ currentTerm: Number.MAX_SAFE_INTEGER });
  expect(() => driven.tickAt(1000)).toThrow(AssertionError);
  expect(driven.state.currentTerm).toBe(Number.MAX_SAFE_INTEGER);
});

// ---- snapshots and apply ----

test('trap 43: a snapshot is durable without the removal of the entries that conflict with it, and they come back', () => {
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

test('trap 44: an older snapshot moves the service back, or costs it the entries after it', () => {
  const driven = new DrivenCore({ terms: [1, 1, 1] });
  driven.receive(1, appendEntries({ term: 1, after: [3, 1], commit: 2 }));
  expect(applies(driven.receive(1, installSnapshot(1, [1, 1])))).toBe('');
  check(driven, 'follower t1 voted -: 1 1 1 | commit 2');
  expect(applies(driven.receive(1, installSnapshot(1, [3, 1])))).toBe('snapshot 3');
});

test('trap 45: a snapshot overtakes commands, or comes between them twice: all is one ordered stream', () => {
  const driven = new DrivenCore({});
  const heard = [
    appendEntries({ term: 1, terms: [1, 1], commit: 2 }),
    installSnapshot(1, [5, 1]),
    installSnapshot(1, [4, 1]),
    appendEntries({ term: 1, after: [1, 1], terms: [1, 1, 1, 1, 1], commit: 6 }),
  ].map((message) => applies(driven.receive(1, message)));
  expect(heard).toEqual(['1 2', 'snapshot 5', '', '6']);
});

test('trap 46: a lost reply to a snapshot leaves the follower paused for ever', () => {
  const paused = (): DrivenCore => {
    const driven = leaderOf({ snapshot: [4, 1], terms: [1] });
    driven.tick();
    driven.receive(1, refusal(2, 5, [0, 1]));
    driven.tick();
    return driven;
  };
  const answered = paused();
  answered.receive(1, ack(2, 4));
  expect(said(answered.tick())).toEqual(['1: AppendEntries t2 after 4/1 [1] commit 4']);
  const silent = paused();
  silent.now += 200;
  expect(said(silent.tick())).toContain('1: InstallSnapshot t2 up to 4/1');
});

test('trap 47: a server that was sent a snapshot never campaigns again', () => {
  const driven = new DrivenCore({});
  driven.receive(1, installSnapshot(1, [5, 1]));
  expect(said(driven.campaign())).toContain('1 once durable: RequestVote t2 last 5/1');
});

test('trap 48: a long snapshot transfer silences the leader, and the follower begins an election', () => {
  const driven = leaderOf({ snapshot: [4, 1] });
  driven.tick();
  driven.receive(1, refusal(2, 4, [0, 1]));
  driven.tick();
  for (let beat = 1; beat <= 9; beat += 1) {
    driven.now += 100;
    expect(said(driven.tick())).toContain('1: AppendEntries t2 after 4/1 [] commit 4');
    driven.receive(2, ack(2, 4));
  }
});

test('trap 58: a write of an entry that was overwritten meanwhile is acknowledged, and the new entry counts as durable', () => {
  const driven = leaderOf({ terms: [1] });
  driven.propose(1);
  driven.receive(1, ack(2, 2));
  driven.step({ kind: 'persisted', currentTerm: 2, lastLogIndex: 2, lastLogTerm: 1 });
  check(driven, 'leader t2 voted 0: 1 2 | commit 0');
});

// ---- the peer, and JavaScript's own ----

const commandCodec = valueCodec('command', z.unknown());

/** One server of a cluster of one, in virtual time. */
async function alone(
  {
    storage = new Persister(),
    onApply,
    onSend,
  }: { storage?: Storage; onApply?: (message: ApplyMsg) => void; onSend?: () => void },
  main: (raft: LabRaft, clock: VirtualClock, errors: string[]) => Promise<void>,
  serverCount = 1,
): Promise<void> {
  const clock = new VirtualClock();
  const errors: string[] = [];
  const nobody: ClientEnd = { call: () => Promise.reject(new Error('nobody there')) };
  const ends = Array.from({ length: serverCount }, () => nobody);
  const raft = make(ends, 0, storage, (message) => onApply?.(message), {
    clock,
    random: Random.fromSeed(1),
    commandCodec,
    onError: (error) => errors.push(error.message),
    ...(onSend && { observer: { onSend } }),
  });
  await clock.run(() => main(raft, clock, errors));
}

test('trap 64: a callback calls back into the core in the middle of a step', async () => {
  const heard: unknown[] = [];
  let raftInCallback: LabRaft | undefined;
  const onApply = (message: ApplyMsg): void => {
    heard.push(message.commandValid ? message.commandIndex : 'snapshot');
    // From the apply callback everything is allowed: it never runs inside a step.
    if (message.commandValid && message.commandIndex === 1) {
      raftInCallback?.start('from inside');
      raftInCallback?.snapshot(1, Uint8Array.of(1));
    }
  };
  await alone({ onApply }, async (raft, clock, errors) => {
    raftInCallback = raft;
    await clock.sleep(1000);
    raft.start('first');
    await clock.sleep(1);
    expect([heard, errors]).toEqual([[1, 2], []]);
  });
});

test('trap 67: indexes are sorted as text, and an entry that few have is committed', () => {
  const driven = leaderOf({ terms: Array.from({ length: 100 }, () => 1), serverCount: 5 });
  driven.propose(1);
  driven.persisted();
  // As text 9 comes after 101 and 10: the quorum value would be wrong in both directions.
  for (const [from, match] of [
    [1, 9],
    [2, 10],
    [3, 100],
  ] as const)
    driven.receive(from, ack(2, match));
  check(driven, `leader t2 voted 0: ${'1 '.repeat(100)}2 | commit 0`);
  driven.receive(1, ack(2, 101));
  driven.receive(2, ack(2, 101));
  expect(driven.state.commitIndex).toBe(101);
});

test('trap 68: a waiter that knows only the index takes the entry of another leader for its own: messages carry the term', async () => {
  const heard: string[] = [];
  const onApply = (message: ApplyMsg): void => {
    if (message.commandValid) heard.push(`${message.commandIndex} of term ${message.commandTerm}`);
  };
  const storage = new Persister();
  storage.write({
    hardState: { currentTerm: 3, votedFor: null },
    log: { firstIndex: 1, entries: [new CommandEntry(2, commandCodec.encode('earlier'))] },
  });
  await alone({ storage, onApply }, async (raft, clock) => {
    await clock.sleep(1000);
    expect(raft.start('mine')).toEqual({ isLeader: true, index: 2, term: 4 });
    await clock.sleep(1);
    expect(heard).toEqual(['1 of term 2', '2 of term 4']);
  });
});

test('trap 69: neither term nor vote is stored, and after a restart the server votes again', async () => {
  const storage = new Persister();
  const driven = new DrivenCore({});
  storage.write(driven.receive(1, requestVote(1, 4)).persist?.batch ?? {});
  expect(storage.load()?.hardState).toEqual({ currentTerm: 4, votedFor: 1 });
});

test('trap 70: stored entries are views into the bytes of the message that brought them', async () => {
  const batches: WriteBatch[] = [];
  const storage: Storage = {
    load: () => undefined,
    write: (batch) => void batches.push(batch),
    close: () => Promise.resolve(),
  };
  await alone(
    { storage },
    async (raft, clock) => {
      const entries = [new CommandEntry(1, commandCodec.encode('x'))];
      const request = raftMethods.appendEntries.args.encode({
        term: 1,
        leaderId: 1,
        prevLogIndex: 0,
        prevLogTerm: 0,
        entries,
        leaderCommit: 0,
      });
      await raft.service.methods.get('AppendEntries')?.dispatch(request);
      request.fill(0);
      const entry = batches[0]?.log?.entries[0];
      const command = entry === undefined ? new Uint8Array() : payloadOf(entry);
      expect(commandCodec.decode(command)).toBe('x');
      expect(command.buffer.byteLength).toBe(command.byteLength);
      await clock.sleep(0);
    },
    3,
  );
});

test('trap 71: a leader that was stalled past the patience of its followers acts as leader before it finds that out', () => {
  const driven = replicatingLeaderOf({});
  driven.now += 1001;
  expect(said(driven.tick())).toEqual([]);
  check(driven, 'follower t1 voted 0:  | commit 0');
});

test('trap 72: a call that fails ends the process, because nobody awaits it', async () => {
  let sentCount = 0;
  await alone(
    { onSend: () => (sentCount += 1) },
    async (_raft, clock, errors) => {
      // Every call rejects; an unhandled rejection would fail the run.
      await clock.sleep(3000);
      expect([sentCount > 4, errors]).toEqual([true, []]);
    },
    3,
  );
});

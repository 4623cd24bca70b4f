// Exactly once: what a session promises, over retries, snapshots and eviction.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CodecError, packTuple, valueCodec } from '@raftlab/rpc';
import { SessionMachine, type Submission } from '@raftlab/rsm';
import { z } from 'zod';
import { numberCodec, replicatedTally, Tally, type Fixture } from './tally.ts';

function ending(submission: Submission<unknown>): unknown {
  return submission.ok ? submission.result : submission.refusal.kind;
}

/** Submits and commits. */
async function run<Value>(fixture: Fixture, submit: () => Promise<Submission<Value>>): Promise<unknown> {
  const submission = submit();
  fixture.peer.commit();
  return ending(await submission);
}

async function open(fixture: Fixture): Promise<number> {
  return Number(await run(fixture, () => fixture.rsm.openSession()));
}

test('a command that is submitted twice is executed once, and both get its result', async () => {
  const fixture = replicatedTally();
  const session = await open(fixture);
  const point = { session, sequence: 1 };
  expect(await run(fixture, () => fixture.rsm.submit(5, point))).toBe(5);
  expect(await run(fixture, () => fixture.rsm.submit(5, point))).toBe(5);
  expect(fixture.tally.count).toBe(1);
  expect(await run(fixture, () => fixture.rsm.submit(1, { session, sequence: 2 }))).toBe(6);
});

test('a command outside a session is executed as often as it is committed', async () => {
  const fixture = replicatedTally();
  await run(fixture, () => fixture.rsm.submit(5));
  expect(await run(fixture, () => fixture.rsm.submit(5))).toBe(10);
});

test('sessions do not disturb each other', async () => {
  const fixture = replicatedTally();
  const [one, other] = [await open(fixture), await open(fixture)];
  expect(one).not.toBe(other);
  await run(fixture, () => fixture.rsm.submit(1, { session: one, sequence: 1 }));
  expect(await run(fixture, () => fixture.rsm.submit(2, { session: other, sequence: 1 }))).toBe(3);
});

test('a command that was overtaken by a later one of its session is not executed', async () => {
  const fixture = replicatedTally();
  const session = await open(fixture);
  await run(fixture, () => fixture.rsm.submit(1, { session, sequence: 3 }));
  expect(await run(fixture, () => fixture.rsm.submit(1, { session, sequence: 2 }))).toBe('Superseded');
  expect(fixture.tally.count).toBe(1);
});

test('a session that was never opened is refused as expired, and its command is not executed', async () => {
  const fixture = replicatedTally();
  expect(await run(fixture, () => fixture.rsm.submit(1, { session: 7, sequence: 1 }))).toBe('SessionExpired');
  expect(fixture.tally.count).toBe(0);
});

test('the least recently used session makes room for a new one, by the bound of the server that opened it', async () => {
  const fixture = replicatedTally({ sessionsMax: 2 });
  const [first, second] = [await open(fixture), await open(fixture)];
  await run(fixture, () => fixture.rsm.submit(1, { session: first, sequence: 1 }));
  const third = await open(fixture);
  const submit = (session: number) => run(fixture, () => fixture.rsm.submit(1, { session, sequence: 9 }));
  expect(await submit(second)).toBe('SessionExpired');
  expect(await submit(first)).toBe(2);
  expect(await submit(third)).toBe(3);
});

test('a snapshot contains the sessions with their results, in the order of their use', async () => {
  const snapshots = { maxStateBytes: 1, stateSizeBytes: () => 1 };
  const fixture = replicatedTally({ snapshots, sessionsMax: 2 });
  const [first, second] = [await open(fixture), await open(fixture)];
  await run(fixture, () => fixture.rsm.submit(4, { session: second, sequence: 1 }));
  await run(fixture, () => fixture.rsm.submit(3, { session: first, sequence: 1 }));
  const { index = 0, data } = fixture.peer.snapshots.at(-1) ?? {};

  const restored = replicatedTally({ snapshot: data, sessionsMax: 2 }, index);
  // `second` was used before `first`, by the server that took the snapshot.
  await open(restored);
  expect(await run(restored, () => restored.rsm.submit(3, { session: first, sequence: 1 }))).toBe(7);
  expect(restored.tally.count).toBe(2);
  expect(await run(restored, () => restored.rsm.submit(1, { session: second, sequence: 2 }))).toBe(
    'SessionExpired',
  );
});

test('a snapshot of the first format is read', async () => {
  const session = [1, 2, numberCodec.encode(7)];
  const stored = packTuple([1, [5, 1], [session], packTuple([7, 3])]);
  const restored = replicatedTally({ snapshot: stored }, 5);
  expect([restored.tally.sum, restored.rsm.lastApplied]).toEqual([7, { index: 5, term: 1 }]);
  expect(await run(restored, () => restored.rsm.submit(9, { session: 1, sequence: 2 }))).toBe(7);
  expect(restored.tally.count).toBe(3);
});

test('a server that restarts executes the log anew and knows the same sessions', async () => {
  const fixture = replicatedTally();
  const session = await open(fixture);
  const again = replicatedTally();
  expect(await open(again)).toBe(session);
  await run(again, () => again.rsm.submit(5, { session, sequence: 1 }));
  expect(await run(again, () => again.rsm.submit(5, { session, sequence: 1 }))).toBe(5);
});

/** What a client may do with one session. */
const retries = fc.array(
  fc.record({ sequence: fc.integer({ min: 1, max: 12 }), times: fc.integer({ min: 1, max: 4 }) }),
);

test('whatever is retried and in which order, every sequence number is executed once at most', async () => {
  await fc.assert(
    fc.asyncProperty(retries, async (plan) => {
      const fixture = replicatedTally();
      const session = await open(fixture);
      const executed = new Set<number>();
      let highest = 0;
      for (const { sequence, times } of plan) {
        for (let time = 0; time < times; time += 1)
          await run(fixture, () => fixture.rsm.submit(1, { session, sequence }));
        if (sequence > highest) {
          executed.add(sequence);
          highest = sequence;
        }
      }
      expect(fixture.tally.count).toBe(executed.size);
    }),
  );
});

test('a snapshot with results of another service changes nothing', () => {
  const texts = valueCodec('text', z.string());
  const textOf = {
    apply: (number: number) => String(number),
    query: () => 0,
    snapshot: () => new Tally().snapshot(),
    restore() {},
  };
  const other = new SessionMachine(textOf, { commandCodec: numberCodec, resultCodec: texts });
  other.apply({ kind: 'open', sessionsMax: 1 }, { index: 1, term: 1 });
  const command = numberCodec.encode(5);
  other.apply({ kind: 'session', session: 1, sequence: 1, command }, { index: 2, term: 1 });

  const tally = new Tally();
  const machine = new SessionMachine(tally, { commandCodec: numberCodec, resultCodec: numberCodec });
  machine.apply({ kind: 'plain', command }, { index: 1, term: 1 });
  expect(() => machine.restore(other.snapshot())).toThrow(CodecError);
  expect([tally.sum, machine.lastApplied.index, machine.sessionCount]).toEqual([5, 1, 0]);
});

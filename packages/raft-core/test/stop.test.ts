// `stop`: the guarantees of `kill`, and then a storage that another peer can open.
import { make, type ApplyCh, type PeerStoppedError } from '@raftlab/raft-core';
import { Persister } from '@raftlab/persister';
import { UnusableError, type Storage } from '@raftlab/storage';
import { valueCodec } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SlowStorage } from './slow-storage.ts';

const electionMs = 3000;

/** A peer that is the only server, so that it becomes leader as soon as its own vote is durable. */
function alone(clock: VirtualClock, storage: Storage, applyCh: ApplyCh<unknown> = () => undefined) {
  const errors: PeerStoppedError[] = [];
  const raft = make([{ call: async () => ({ ok: false }) }], 0, storage, applyCh, {
    clock,
    random: Random.fromSeed('stop.test'),
    commandCodec: valueCodec('command', z.unknown()),
    onError: (error) => errors.push(error),
  });
  return { raft, errors };
}

/** A leader whose write of `a` is pending; its service records what it applies. */
async function writing(clock: VirtualClock) {
  const storage = new SlowStorage();
  const applied: unknown[] = [];
  const { raft, errors } = alone(clock, storage, (message) => void applied.push(message));
  while (!storage.isWriting) await clock.sleep(1);
  storage.finish();
  await clock.sleep(1);
  raft.start('a');
  await clock.sleep(1);
  return { storage, applied, raft, errors };
}

/** Whether a promise has been fulfilled, for a later check. */
function isFulfilled(promise: Promise<void>): () => boolean {
  let isDone = false;
  void promise.then(() => (isDone = true));
  return () => isDone;
}

function run(main: (clock: VirtualClock) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  return clock.run(() => main(clock));
}

describe('stop', () => {
  test('waits for the pending write, and only then closes the storage', () =>
    run(async (clock) => {
      const { storage, raft } = await writing(clock);
      const isStopped = isFulfilled(raft.stop());
      await clock.sleep(1000);
      expect([isStopped(), storage.isClosed]).toEqual([false, false]);
      storage.finish();
      await clock.sleep(1);
      expect([isStopped(), storage.isClosed]).toEqual([true, true]);
      expect(storage.persister.load()?.entries).toHaveLength(1);
    }));

  test('from the call on nothing is applied, written or reported, even if the pending write succeeds', () =>
    run(async (clock) => {
      const { storage, applied, raft, errors } = await writing(clock);
      raft.start('b');
      const stopped = raft.stop();
      expect(raft.start('c')).toMatchObject({ isLeader: false, reason: 'killed' });
      storage.finish();
      await stopped;
      await clock.sleep(electionMs);
      expect([storage.batches.length, applied, errors]).toEqual([2, [], []]);
    }));

  test('a pending write that fails is not an error of stop, and is not reported', () =>
    run(async (clock) => {
      const { storage, raft, errors } = await writing(clock);
      const stopped = raft.stop();
      storage.fail(new Error('the disk failed'));
      await expect(stopped).resolves.toBeUndefined();
      expect([storage.isClosed, errors]).toEqual([true, []]);
    }));

  test('can be called again, and after kill', () =>
    run(async (clock) => {
      const persister = new Persister();
      const { raft } = alone(clock, persister);
      raft.kill();
      await Promise.all([raft.stop(), raft.stop()]);
      expect(() => persister.write({})).toThrow(UnusableError);
    }));

  test('another peer can continue from the storage of a stopped one', () =>
    run(async (clock) => {
      const persister = new Persister();
      const { raft } = alone(clock, persister);
      await clock.sleep(electionMs);
      raft.start('a');
      await clock.sleep(1);
      await raft.stop();
      const applied: unknown[] = [];
      const { raft: next } = alone(clock, persister.copy(), (message) => {
        if (message.commandValid) applied.push(message.command);
      });
      await clock.sleep(electionMs);
      next.start('b');
      await clock.sleep(1);
      expect(applied).toEqual(['a', 'b']);
    }));
});

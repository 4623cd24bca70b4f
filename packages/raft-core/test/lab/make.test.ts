// The lab's function that makes a peer: positions in `peers` are the ids of the members.
import { Persister } from '@raftlab/persister';
import { Membership } from '@raftlab/protocol';
import { make, type LabRaft, type RaftState } from '@raftlab/raft-core';
import { valueCodec, type ClientEnd } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { z } from 'zod';

const end: ClientEnd = { call: () => Promise.resolve({ ok: false }) };

/** Server 0 of three, and the members that its core begins with. */
function peer(membership?: Membership): { raft: LabRaft; members: string | undefined } {
  let begun: RaftState | undefined;
  const raft = make([end, end, end], 0, new Persister(), () => undefined, {
    clock: new VirtualClock(),
    random: Random.fromSeed(1),
    commandCodec: valueCodec('command', z.unknown()),
    observer: { onBegin: (state) => (begun = state) },
    ...(membership && { membership }),
  });
  return { raft, members: begun?.membership.describe() };
}

test('every position is a voter', () => {
  const { raft, members } = peer();
  expect(members).toBe('voters 0, 1, 2');
  raft.kill();
});

test('a membership determines which positions are learners', () => {
  const { raft, members } = peer(new Membership([0, 1], [2]));
  expect(members).toBe('voters 0, 1; learners 2');
  raft.kill();
});

test('a member without an end is rejected', () => {
  expect(() => peer(new Membership([0, 1], [3]))).toThrow(
    new RangeError('membership has server 3, but peers has 3 ends, from 0'),
  );
});

// A core can be copied at any moment; the copy and the original share no state.
import { Membership } from '@raftlab/protocol';
import { RaftCore, defaultConfig } from '@raftlab/raft-core';
import { Random } from '@raftlab/runtime';
import { expect, test } from 'vitest';

const begin = (): RaftCore =>
  RaftCore.begin({
    me: 0,
    membership: Membership.ofSize(3),
    config: defaultConfig,
    random: Random.fromSeed(1),
    stored: undefined,
    now: 0,
  });

/** As candidate with one vote, then as leader with a follower that has answered. */
function lead(core: RaftCore): void {
  core.step({ kind: 'tick' }, 1000);
  core.step({ kind: 'persisted', currentTerm: 1, lastLogIndex: 0, lastLogTerm: 0 }, 1000);
  core.step(
    {
      kind: 'message',
      from: 1,
      message: { kind: 'requestVoteReply', reply: { term: 1, voteGranted: true } },
    },
    1001,
  );
  core.step({ kind: 'propose', commands: [new Uint8Array([7])] }, 1002);
}

test('a copy returns the same outputs for the same inputs, in every role', () => {
  const core = begin();
  for (const now of [1000, 2000, 3000]) {
    const copy = core.clone();
    expect(copy.step({ kind: 'tick' }, now)).toEqual(core.step({ kind: 'tick' }, now));
  }
  const leader = begin();
  lead(leader);
  const copy = leader.clone();
  expect(copy.step({ kind: 'tick' }, 1002)).toEqual(leader.step({ kind: 'tick' }, 1002));
});

test('steps of the copy do not change the original', () => {
  const core = begin();
  lead(core);
  const copy = core.clone();
  const before = JSON.stringify([
    core.state,
    [...(core.state.standing.role === 'leader' ? core.state.standing.progress : [])],
  ]);
  copy.step({ kind: 'propose', commands: [new Uint8Array([8])] }, 1003);
  copy.step({ kind: 'tick' }, 1003);
  copy.step(
    {
      kind: 'message',
      from: 2,
      message: { kind: 'appendEntriesReply', reply: { term: 9, success: true, matchIndex: 0, round: 1 } },
    },
    1004,
  );
  expect(copy.state.currentTerm).toBe(9);
  expect(
    JSON.stringify([
      core.state,
      [...(core.state.standing.role === 'leader' ? core.state.standing.progress : [])],
    ]),
  ).toBe(before);
  expect(core.state.log.lastIndex).toBe(1);
});

// States that differ only by a renaming of the servers have the same fingerprint; other states do not.
import { expect, test } from 'vitest';
import { Membership } from '@raftlab/protocol';
import { RaftCore } from '@raftlab/raft-core';
import { completeBounds } from '#src/bounds';
import { ClusterSpace } from '#src/cluster-space';
import { renamingsOf } from '#src/permutation';

const begin = RaftCore.begin.bind(RaftCore);

test('the renamings of voters are all permutations, the identity first', () => {
  const renamings = renamingsOf(Membership.ofSize(4));
  expect(renamings[0]).toEqual([0, 1, 2, 3]);
  expect(new Set(renamings.map(String)).size).toBe(24);
});

test('a renaming does not map a voter to a learner', () => {
  expect(renamingsOf(new Membership([0, 1], [2, 3]))).toEqual([
    [0, 1, 2, 3],
    [1, 0, 2, 3],
    [0, 1, 3, 2],
    [1, 0, 3, 2],
  ]);
});

test('the first timeout leads to the same state for every server; a second timeout leads to another state', () => {
  const space = new ClusterSpace(completeBounds(), begin);
  const fingerprintsBehind = (state: Int32Array): Set<string> => {
    const found = new Set<string>();
    space.expand(state, (child) => {
      const fingerprint = new Int32Array(2);
      space.fingerprint(child, fingerprint);
      found.add(fingerprint.join(' '));
    });
    return found;
  };

  const first = fingerprintsBehind(space.first());

  expect(first.size).toBe(1);
  let after: Int32Array | undefined;
  space.expand(space.first(), (child) => (after ??= child.slice()));
  const second = fingerprintsBehind(after ?? space.first());
  expect(second.size).toBeGreaterThan(1);
  expect([...second].filter((fingerprint) => first.has(fingerprint))).toEqual([]);
});

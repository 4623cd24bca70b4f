// Raft's remote calls have the lab's names.
import { raftServiceName, raftMethods } from '@raftlab/protocol';
import { expect, test } from 'vitest';

test('the three calls of Figure 2 and Figure 13 belong to the service Raft', () => {
  const names = Object.values(raftMethods).map(({ name }) => name);
  expect(names).toEqual(
    ['RequestVote', 'AppendEntries', 'InstallSnapshot'].map((name) => `${raftServiceName}.${name}`),
  );
});

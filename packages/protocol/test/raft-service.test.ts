// Raft's remote calls have the lab's names.
import { raftServiceName, raftMethods } from '@raftlab/protocol';
import { expect, test } from 'vitest';

test('the calls of Figure 2, of Figure 13 and of the thesis belong to the service Raft', () => {
  const names = Object.values(raftMethods).map(({ name }) => name);
  expect(names).toEqual(
    [
      'PreVote',
      'RequestVote',
      'AppendEntries',
      'InstallSnapshot',
      'TimeoutNow',
      'ReadIndex',
      'ConfirmLeader',
    ].map((name) => `${raftServiceName}.${name}`),
  );
});

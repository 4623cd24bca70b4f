// Our key/value service in the lab's interface: on our Raft, or on a learner's.
import { KeyValueServer, makeClerk } from '@raftlab/kv';
import type { KeyValueImplementation } from '../../implementation.ts';
import { bytesOnly, snapshotsAt } from '../raft-of-bytes.ts';

/** The service of @raftlab/kv on any Raft of the lab's interface. */
export const raftlabKeyValue: KeyValueImplementation = {
  startKVServer: ({ makeRaft, persister, maxRaftState, clock }) =>
    new KeyValueServer({
      clock,
      snapshot: persister.readSnapshot(),
      snapshots: snapshotsAt(maxRaftState, persister),
      makePeer: (applyCh) => makeRaft(bytesOnly(applyCh)),
    }),
  makeClerk: ({ ends, ...environment }) => makeClerk(ends, environment),
};

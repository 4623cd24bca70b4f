// Raft's requests as remote calls, for networks with calls and replies, such as the lab's.
import { replyTable, requestKinds, requestTable } from './message-table.ts';
import type { ReplyBodies, RequestBodies, RequestKind } from './message-table.ts';
import type { Method } from '@raftlab/rpc';

/** The service with Raft's methods, with its name in the lab. */
export const raftServiceName = 'Raft';

type RaftMethods = {
  readonly [Kind in RequestKind]: Method<RequestBodies[Kind], ReplyBodies[`${Kind}Reply`]>;
};

/** For each kind of request, the method that sends it and returns the reply, e.g. `Raft.RequestVote`. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one method for each kind, made by that kind's row
export const raftMethods: RaftMethods = Object.fromEntries(
  requestKinds.map((kind) => {
    const { name, codec, answeredBy } = requestTable[kind];
    return [kind, { name: `${raftServiceName}.${name}`, args: codec, reply: replyTable[answeredBy].codec }];
  }),
) as unknown as RaftMethods;

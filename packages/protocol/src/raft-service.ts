// Raft's three remote calls, under the lab's service name.
import {
  appendEntriesArgsCodec,
  appendEntriesReplyCodec,
  installSnapshotArgsCodec,
  installSnapshotReplyCodec,
  requestVoteArgsCodec,
  requestVoteReplyCodec,
  type AppendEntriesArgs,
  type AppendEntriesReply,
  type InstallSnapshotArgs,
  type InstallSnapshotReply,
  type RequestVoteArgs,
  type RequestVoteReply,
} from './messages.ts';
import type { Method } from '@raftlab/rpc';

export const raftServiceName = 'Raft';

export const requestVoteMethod: Method<RequestVoteArgs, RequestVoteReply> = {
  name: 'Raft.RequestVote',
  args: requestVoteArgsCodec,
  reply: requestVoteReplyCodec,
};

export const appendEntriesMethod: Method<AppendEntriesArgs, AppendEntriesReply> = {
  name: 'Raft.AppendEntries',
  args: appendEntriesArgsCodec,
  reply: appendEntriesReplyCodec,
};

export const installSnapshotMethod: Method<InstallSnapshotArgs, InstallSnapshotReply> = {
  name: 'Raft.InstallSnapshot',
  args: installSnapshotArgsCodec,
  reply: installSnapshotReplyCodec,
};

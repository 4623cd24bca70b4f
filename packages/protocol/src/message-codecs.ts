// The encoded messages: tuples without field names, whose first value is the version of the format.
import { CodecError, isCount, quickCodec, tupleCodec, type Codec } from '@raftlab/rpc';
import { entryTupleCodec } from './entry-tuple.ts';
import { isLogEntry } from './log-entry.ts';
import {
  appendEntriesArgsSchema,
  appendEntriesReplySchema,
  installSnapshotArgsSchema,
  installSnapshotReplySchema,
  preVoteArgsSchema,
  preVoteReplySchema,
  requestVoteArgsSchema,
  requestVoteReplySchema,
  type AppendEntriesArgs,
  type AppendEntriesReply,
  type InstallSnapshotArgs,
  type InstallSnapshotReply,
  type PreVoteArgs,
  type PreVoteReply,
  type RequestVoteArgs,
  type RequestVoteReply,
  confirmLeaderArgsSchema,
  type ConfirmLeaderArgs,
  confirmLeaderReplySchema,
  type ConfirmLeaderReply,
  readIndexArgsSchema,
  type ReadIndexArgs,
  readIndexReplySchema,
  type ReadIndexReply,
  timeoutNowArgsSchema,
  type TimeoutNowArgs,
  timeoutNowReplySchema,
  type TimeoutNowReply,
} from './messages.ts';
import { isServerId } from './server-id.ts';

/**
 * The version of the format that is written, and the only one that is read. It increases when a field is added or changes its
 * meaning. No release has sent version 1, so it is rejected; messages of released versions must still be read.
 */
export const wireVersion = 2;

/** RequestVote, as `[version, term, candidateId, lastLogIndex, lastLogTerm]`, and `true` after it for a transfer. */
export const requestVoteArgsCodec: Codec<RequestVoteArgs> = tupleCodec(
  'RequestVoteArgs',
  requestVoteArgsSchema,
  {
    toTuple({ term, candidateId, lastLogIndex, lastLogTerm, isTransfer }) {
      const tuple = [wireVersion, term, candidateId, lastLogIndex, lastLogTerm];
      return isTransfer === true ? [...tuple, true] : tuple;
    },
    fromTuple(tuple) {
      const [version, term, candidateId, lastLogIndex, lastLogTerm, isTransfer] = tuple;
      checkVersion('RequestVoteArgs', version);
      const args = { term, candidateId, lastLogIndex, lastLogTerm };
      if (tuple.length === 5) return args;
      return tuple.length === 6 ? { ...args, isTransfer } : undefined;
    },
  },
);

/** The pre-vote, as `[version, term, candidateId, lastLogIndex, lastLogTerm]`. */
export const preVoteArgsCodec: Codec<PreVoteArgs> = tupleCodec('PreVoteArgs', preVoteArgsSchema, {
  toTuple: (args) => [wireVersion, args.term, args.candidateId, args.lastLogIndex, args.lastLogTerm],
  fromTuple(tuple) {
    const [version, term, candidateId, lastLogIndex, lastLogTerm] = tuple;
    checkVersion('PreVoteArgs', version);
    return tuple.length === 5 ? { term, candidateId, lastLogIndex, lastLogTerm } : undefined;
  },
});

/** The reply to a pre-vote, as `[version, term, voteGranted]`. */
export const preVoteReplyCodec: Codec<PreVoteReply> = tupleCodec('PreVoteReply', preVoteReplySchema, {
  toTuple: (reply) => [wireVersion, reply.term, reply.voteGranted],
  fromTuple(tuple) {
    const [version, term, voteGranted] = tuple;
    checkVersion('PreVoteReply', version);
    return tuple.length === 3 ? { term, voteGranted } : undefined;
  },
});

/** The reply to RequestVote, as `[version, term, voteGranted]`. */
export const requestVoteReplyCodec: Codec<RequestVoteReply> = tupleCodec(
  'RequestVoteReply',
  requestVoteReplySchema,
  {
    toTuple: (reply) => [wireVersion, reply.term, reply.voteGranted],
    fromTuple(tuple) {
      const [version, term, voteGranted] = tuple;
      checkVersion('RequestVoteReply', version);
      return tuple.length === 3 ? { term, voteGranted } : undefined;
    },
  },
);

/**
 * AppendEntries, as `[version, term, leaderId, prevLogIndex, prevLogTerm, leaderCommit, round]` and two values for each
 * entry.
 */
export const appendEntriesArgsCodec: Codec<AppendEntriesArgs> = entryTupleCodec(
  'AppendEntriesArgs',
  appendEntriesArgsSchema,
  {
    headLength: 7,
    headOf: ({ term, leaderId, prevLogIndex, prevLogTerm, leaderCommit, round }) => [
      wireVersion,
      term,
      leaderId,
      prevLogIndex,
      prevLogTerm,
      leaderCommit,
      round,
    ],
    entriesOf: (args) => args.entries,
    join([version, term, leaderId, prevLogIndex, prevLogTerm, leaderCommit, round], entries) {
      checkVersion('AppendEntriesArgs', version);
      return { term, leaderId, prevLogIndex, prevLogTerm, entries, leaderCommit, round };
    },
    quick([version, term, leaderId, prevLogIndex, prevLogTerm, leaderCommit, round], entries) {
      const isHead = version === wireVersion && isCount(term, 0) && isServerId(leaderId) && isCount(round, 0);
      if (!isHead || !isCount(prevLogIndex, 0) || !isCount(prevLogTerm, 0) || !isCount(leaderCommit, 0))
        return undefined;
      if (!entries.every(isLogEntry)) return undefined;
      return { term, leaderId, prevLogIndex, prevLogTerm, entries, leaderCommit, round };
    },
  },
);

/**
 * The reply to AppendEntries: `[version, true, term, round, matchIndex]` accepts, and
 * `[version, false, term, round, prevLogIndex, conflictTerm, conflictIndex]` refuses.
 */
export const appendEntriesReplyCodec: Codec<AppendEntriesReply> = quickCodec(
  'AppendEntriesReply',
  appendEntriesReplySchema,
  {
    toTuple(reply) {
      const { success, term, round } = reply;
      return success
        ? [wireVersion, success, term, round, reply.matchIndex]
        : [wireVersion, success, term, round, reply.prevLogIndex, reply.conflictTerm, reply.conflictIndex];
    },
    fromTuple(tuple) {
      const [version, success, term, round, index, conflictTerm, conflictIndex] = tuple;
      checkVersion('AppendEntriesReply', version);
      if (success === true)
        return tuple.length === 5 ? { term, success, matchIndex: index, round } : undefined;
      if (success !== false) return { success };
      const refusal = { term, success, prevLogIndex: index, conflictTerm, conflictIndex, round };
      return tuple.length === 7 ? refusal : undefined;
    },
    quick(tuple) {
      const [version, success, term, round, matchIndex] = tuple;
      const isReply = version === wireVersion && isCount(term, 0) && isCount(round, 0);
      // Refusals are few.
      if (!isReply || success !== true || tuple.length !== 5 || !isCount(matchIndex, 0)) return undefined;
      return { term, success, matchIndex, round };
    },
  },
);

/**
 * InstallSnapshot, as `[version, term, leaderId, lastIncludedIndex, lastIncludedTerm, sizeBytes, offset, round, data]`.
 */
export const installSnapshotArgsCodec: Codec<InstallSnapshotArgs> = tupleCodec(
  'InstallSnapshotArgs',
  installSnapshotArgsSchema,
  {
    toTuple: (args) => [
      wireVersion,
      args.term,
      args.leaderId,
      args.lastIncludedIndex,
      args.lastIncludedTerm,
      args.sizeBytes,
      args.offset,
      args.round,
      args.data,
    ],
    fromTuple(tuple) {
      const [version, term, leaderId, lastIncludedIndex, lastIncludedTerm, sizeBytes, offset, round, data] =
        tuple;
      checkVersion('InstallSnapshotArgs', version);
      if (tuple.length !== 9) return undefined;
      return { term, leaderId, lastIncludedIndex, lastIncludedTerm, sizeBytes, offset, data, round };
    },
  },
);

/** The reply to InstallSnapshot, as `[version, term, matchIndex, lastIncludedIndex, offset, round]`. */
export const installSnapshotReplyCodec: Codec<InstallSnapshotReply> = tupleCodec(
  'InstallSnapshotReply',
  installSnapshotReplySchema,
  {
    toTuple: (reply) => [
      wireVersion,
      reply.term,
      reply.matchIndex,
      reply.lastIncludedIndex,
      reply.offset,
      reply.round,
    ],
    fromTuple(tuple) {
      const [version, term, matchIndex, lastIncludedIndex, offset, round] = tuple;
      checkVersion('InstallSnapshotReply', version);
      return tuple.length === 6 ? { term, matchIndex, lastIncludedIndex, offset, round } : undefined;
    },
  },
);

/** ConfirmLeader, as `[version, term, leaderId, round]`. */
export const confirmLeaderArgsCodec: Codec<ConfirmLeaderArgs> = quickCodec(
  'ConfirmLeaderArgs',
  confirmLeaderArgsSchema,
  {
    toTuple: ({ term, leaderId, round }) => [wireVersion, term, leaderId, round],
    fromTuple(tuple) {
      const [version, term, leaderId, round] = tuple;
      checkVersion('ConfirmLeaderArgs', version);
      return tuple.length === 4 ? { term, leaderId, round } : undefined;
    },
    quick(tuple) {
      const [version, term, leaderId, round] = tuple;
      const isArgs = version === wireVersion && isCount(term, 0) && isServerId(leaderId) && isCount(round, 1);
      return isArgs && tuple.length === 4 ? { term, leaderId, round } : undefined;
    },
  },
);

/** The reply to ConfirmLeader, as `[version, term, round]`. */
export const confirmLeaderReplyCodec: Codec<ConfirmLeaderReply> = quickCodec(
  'ConfirmLeaderReply',
  confirmLeaderReplySchema,
  {
    toTuple: ({ term, round }) => [wireVersion, term, round],
    fromTuple(tuple) {
      const [version, term, round] = tuple;
      checkVersion('ConfirmLeaderReply', version);
      return tuple.length === 3 ? { term, round } : undefined;
    },
    quick(tuple) {
      const [version, term, round] = tuple;
      const isReply = version === wireVersion && isCount(term, 0) && isCount(round, 0);
      return isReply && tuple.length === 3 ? { term, round } : undefined;
    },
  },
);

/** ReadIndex, as `[version, term, readerId, readId]`. */
export const readIndexArgsCodec: Codec<ReadIndexArgs> = tupleCodec('ReadIndexArgs', readIndexArgsSchema, {
  toTuple: ({ term, readerId, readId }) => [wireVersion, term, readerId, readId],
  fromTuple(tuple) {
    const [version, term, readerId, readId] = tuple;
    checkVersion('ReadIndexArgs', version);
    return tuple.length === 4 ? { term, readerId, readId } : undefined;
  },
});

/** The reply to ReadIndex, as `[version, term, readId, readIndex]`. */
export const readIndexReplyCodec: Codec<ReadIndexReply> = tupleCodec('ReadIndexReply', readIndexReplySchema, {
  toTuple: ({ term, readId, readIndex }) => [wireVersion, term, readId, readIndex],
  fromTuple(tuple) {
    const [version, term, readId, readIndex] = tuple;
    checkVersion('ReadIndexReply', version);
    return tuple.length === 4 ? { term, readId, readIndex } : undefined;
  },
});

/** TimeoutNow, as `[version, term, leaderId]`. */
export const timeoutNowArgsCodec: Codec<TimeoutNowArgs> = tupleCodec('TimeoutNowArgs', timeoutNowArgsSchema, {
  toTuple: ({ term, leaderId }) => [wireVersion, term, leaderId],
  fromTuple(tuple) {
    const [version, term, leaderId] = tuple;
    checkVersion('TimeoutNowArgs', version);
    return tuple.length === 3 ? { term, leaderId } : undefined;
  },
});

/** The reply to TimeoutNow, as `[version, term]`. */
export const timeoutNowReplyCodec: Codec<TimeoutNowReply> = tupleCodec(
  'TimeoutNowReply',
  timeoutNowReplySchema,
  {
    toTuple: ({ term }) => [wireVersion, term],
    fromTuple(tuple) {
      const [version, term] = tuple;
      checkVersion('TimeoutNowReply', version);
      return tuple.length === 2 ? { term } : undefined;
    },
  },
);

/** Checked first: in another version, the length and every field may have another meaning. */
function checkVersion(name: string, version: unknown): void {
  if (version === wireVersion) return;
  const isLater = typeof version === 'number' && version > wireVersion;
  throw new CodecError(
    'decode',
    name,
    ['version'],
    isLater
      ? `the message has wire version ${version}, and this program reads version ${wireVersion}; upgrade it before ` +
          'the servers that send such messages'
      : `expected wire version ${wireVersion}, as the first value of the message`,
  );
}

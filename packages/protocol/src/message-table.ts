// Raft's messages as one table, a row for each kind. A new kind has a row here and a handler in the core; codecs, remote
// calls, records of runs and texts follow from the row or from the message's own fields.
import type { Codec } from '@raftlab/rpc';
import {
  appendEntriesArgsCodec,
  appendEntriesReplyCodec,
  installSnapshotArgsCodec,
  installSnapshotReplyCodec,
  preVoteArgsCodec,
  preVoteReplyCodec,
  requestVoteArgsCodec,
  requestVoteReplyCodec,
  confirmLeaderArgsCodec,
  confirmLeaderReplyCodec,
  readIndexArgsCodec,
  readIndexReplyCodec,
  timeoutNowArgsCodec,
  timeoutNowReplyCodec,
} from './message-codecs.ts';
import type {
  AppendEntriesArgs,
  AppendEntriesReply,
  InstallSnapshotArgs,
  InstallSnapshotReply,
  PreVoteArgs,
  PreVoteReply,
  RequestVoteArgs,
  RequestVoteReply,
  ConfirmLeaderArgs,
  ConfirmLeaderReply,
  ReadIndexArgs,
  ReadIndexReply,
  TimeoutNowArgs,
  TimeoutNowReply,
} from './messages.ts';
import type { Term } from './log-entry.ts';
import type { ServerId } from './server-id.ts';

/** The fields of each kind of request. */
export interface RequestBodies {
  readonly preVote: PreVoteArgs;
  readonly requestVote: RequestVoteArgs;
  readonly appendEntries: AppendEntriesArgs;
  readonly installSnapshot: InstallSnapshotArgs;
  readonly timeoutNow: TimeoutNowArgs;
  readonly readIndex: ReadIndexArgs;
  readonly confirmLeader: ConfirmLeaderArgs;
}

/** The fields of each kind of reply. */
export interface ReplyBodies {
  readonly preVoteReply: PreVoteReply;
  readonly requestVoteReply: RequestVoteReply;
  readonly appendEntriesReply: AppendEntriesReply;
  readonly installSnapshotReply: InstallSnapshotReply;
  readonly timeoutNowReply: TimeoutNowReply;
  readonly readIndexReply: ReadIndexReply;
  readonly confirmLeaderReply: ConfirmLeaderReply;
}

/** The kinds of requests. */
export type RequestKind = keyof RequestBodies;
/** The kinds of replies. */
export type ReplyKind = keyof ReplyBodies;
/** Every kind of message. */
export type MessageKind = RequestKind | ReplyKind;

/** A message that its receiver answers, with the kind of reply in its row. */
export type RequestMessage = {
  readonly [Kind in RequestKind]: { readonly kind: Kind; readonly args: RequestBodies[Kind] };
}[RequestKind];

/** A reply. It contains what its request verified or refused, so it can be interpreted without the request. */
export type ReplyMessage = {
  readonly [Kind in ReplyKind]: { readonly kind: Kind; readonly reply: ReplyBodies[Kind] };
}[ReplyKind];

/** A message from one server to another. */
export type Message = RequestMessage | ReplyMessage;

/** The fields of a request of any kind. */
export type RequestBody = RequestBodies[RequestKind];
/** The fields of a reply of any kind. */
export type ReplyBody = ReplyBodies[ReplyKind];

/** The row of a kind of request. */
export interface RequestRow<Args, AnsweredBy extends ReplyKind = ReplyKind> {
  /** Its name in the paper, e.g. `RequestVote`: the name of its remote call, and in transcripts. */
  readonly name: string;
  /** The first byte of the message on the wire (`messageCodec`). No two kinds share one, and a kind keeps its own for ever. */
  readonly tag: number;
  readonly codec: Codec<Args>;
  readonly answeredBy: AnsweredBy;
  /** The server that the request names as its sender. */
  senderOf(args: Args): ServerId;
}

/** The row of a kind of reply. */
export interface ReplyRow<Body> {
  /** The name of its request, followed by `Reply`. */
  readonly name: string;
  /** As in a `RequestRow`. */
  readonly tag: number;
  readonly codec: Codec<Body>;
}

/** Every kind of request. */
export const requestTable: {
  readonly [Kind in RequestKind]: RequestRow<RequestBodies[Kind], `${Kind}Reply`>;
} = {
  preVote: {
    name: 'PreVote',
    tag: 7,
    codec: preVoteArgsCodec,
    answeredBy: 'preVoteReply',
    senderOf: ({ candidateId }) => candidateId,
  },
  requestVote: {
    name: 'RequestVote',
    tag: 1,
    codec: requestVoteArgsCodec,
    answeredBy: 'requestVoteReply',
    senderOf: ({ candidateId }) => candidateId,
  },
  appendEntries: {
    name: 'AppendEntries',
    tag: 3,
    codec: appendEntriesArgsCodec,
    answeredBy: 'appendEntriesReply',
    senderOf: ({ leaderId }) => leaderId,
  },
  installSnapshot: {
    name: 'InstallSnapshot',
    tag: 5,
    codec: installSnapshotArgsCodec,
    answeredBy: 'installSnapshotReply',
    senderOf: ({ leaderId }) => leaderId,
  },
  timeoutNow: {
    name: 'TimeoutNow',
    tag: 13,
    codec: timeoutNowArgsCodec,
    answeredBy: 'timeoutNowReply',
    senderOf: ({ leaderId }) => leaderId,
  },
  readIndex: {
    name: 'ReadIndex',
    tag: 11,
    codec: readIndexArgsCodec,
    answeredBy: 'readIndexReply',
    senderOf: ({ readerId }) => readerId,
  },
  confirmLeader: {
    name: 'ConfirmLeader',
    tag: 9,
    codec: confirmLeaderArgsCodec,
    answeredBy: 'confirmLeaderReply',
    senderOf: ({ leaderId }) => leaderId,
  },
};

/** Every kind of reply. */
export const replyTable: { readonly [Kind in ReplyKind]: ReplyRow<ReplyBodies[Kind]> } = {
  preVoteReply: { name: 'PreVoteReply', tag: 8, codec: preVoteReplyCodec },
  requestVoteReply: { name: 'RequestVoteReply', tag: 2, codec: requestVoteReplyCodec },
  appendEntriesReply: { name: 'AppendEntriesReply', tag: 4, codec: appendEntriesReplyCodec },
  installSnapshotReply: { name: 'InstallSnapshotReply', tag: 6, codec: installSnapshotReplyCodec },
  timeoutNowReply: { name: 'TimeoutNowReply', tag: 14, codec: timeoutNowReplyCodec },
  readIndexReply: { name: 'ReadIndexReply', tag: 12, codec: readIndexReplyCodec },
  confirmLeaderReply: { name: 'ConfirmLeaderReply', tag: 10, codec: confirmLeaderReplyCodec },
};

/** Every kind of request, in the order of the table. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they are the keys of the table
export const requestKinds: readonly RequestKind[] = Object.keys(requestTable) as RequestKind[];

/** Every kind of message: each request, and after it the kind of its reply. */
export const messageKinds: readonly MessageKind[] = requestKinds.flatMap((kind) => [
  kind,
  requestTable[kind].answeredBy,
]);

const rows: Readonly<Record<MessageKind, { readonly name: string }>> = { ...requestTable, ...replyTable };

/** A kind's name in the paper, e.g. `AppendEntries`, followed by `Reply` for a reply. */
export function messageName(kind: MessageKind): string {
  return rows[kind].name;
}

/** Whether the receiver answers this message. */
export function isRequest(message: Message): message is RequestMessage {
  return 'args' in message;
}

/** The fields of the message, as in the paper. */
export function bodyOf(message: Message): RequestBody | ReplyBody {
  return isRequest(message) ? message.args : message.reply;
}

/**
 * The term that the sender was in when it sent the message (§5.1). Undefined for a pre-vote and for its grant: they name a
 * term that no server need be in (thesis 9.6).
 */
export function senderTermOf(message: Message): Term | undefined {
  if (message.kind === 'preVote') return undefined;
  if (message.kind === 'preVoteReply' && message.reply.voteGranted) return undefined;
  return bodyOf(message).term;
}

/** The server that the request names as its sender. */
export function senderOf({ kind, args }: RequestMessage): ServerId {
  const row: RequestRow<RequestBody> = requestTable[kind];
  return row.senderOf(args);
}

/** The message of a kind with these fields, which must belong to the same row: the value that the codec of the kind decoded. */
export function messageOf(kind: RequestKind, body: RequestBody): RequestMessage;
/** The reply of a kind with these fields. */
export function messageOf(kind: ReplyKind, body: ReplyBody): ReplyMessage;
/** The message of a kind with these fields. */
export function messageOf(kind: MessageKind, body: RequestBody | ReplyBody): Message;
/** The implementation of the three overloads above. */
export function messageOf(kind: MessageKind, body: RequestBody | ReplyBody): Message {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- kind and body are of one row
  return (kind in requestTable ? { kind, args: body } : { kind, reply: body }) as Message;
}

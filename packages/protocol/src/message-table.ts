// Raft's messages as one table, a row for each kind. A new kind has a row here and a handler in the core; codecs, remote
// calls, records of runs and texts follow from the row or from the message's own fields.
import type { Codec } from '@raftlab/rpc';
import {
  appendEntriesArgsCodec,
  appendEntriesReplyCodec,
  installSnapshotArgsCodec,
  installSnapshotReplyCodec,
  requestVoteArgsCodec,
  requestVoteReplyCodec,
} from './message-codecs.ts';
import type {
  AppendEntriesArgs,
  AppendEntriesReply,
  InstallSnapshotArgs,
  InstallSnapshotReply,
  RequestVoteArgs,
  RequestVoteReply,
} from './messages.ts';
import type { ServerId } from './server-id.ts';

/** What each kind of request says. */
export interface RequestBodies {
  readonly requestVote: RequestVoteArgs;
  readonly appendEntries: AppendEntriesArgs;
  readonly installSnapshot: InstallSnapshotArgs;
}

/** What each kind of reply says. */
export interface ReplyBodies {
  readonly requestVoteReply: RequestVoteReply;
  readonly appendEntriesReply: AppendEntriesReply;
  readonly installSnapshotReply: InstallSnapshotReply;
}

/** The kinds of messages that are answered. */
export type RequestKind = keyof RequestBodies;
/** The kinds of messages that answer. */
export type ReplyKind = keyof ReplyBodies;
/** Every kind of message. */
export type MessageKind = RequestKind | ReplyKind;

/** A message that its receiver answers, with the one kind of reply that its row names. */
export type RequestMessage = {
  readonly [Kind in RequestKind]: { readonly kind: Kind; readonly args: RequestBodies[Kind] };
}[RequestKind];

/** An answer. It says what its request verified or refused, so it can be judged without the request. */
export type ReplyMessage = {
  readonly [Kind in ReplyKind]: { readonly kind: Kind; readonly reply: ReplyBodies[Kind] };
}[ReplyKind];

/** What one server says to another. */
export type Message = RequestMessage | ReplyMessage;

/** What a request says, whatever its kind. */
export type RequestBody = RequestBodies[RequestKind];
/** What a reply says, whatever its kind. */
export type ReplyBody = ReplyBodies[ReplyKind];

/** What is known of a kind of request. */
export interface RequestRow<Args, AnsweredBy extends ReplyKind = ReplyKind> {
  /** As the paper calls it, e.g. `RequestVote`: the name of its remote call, and in transcripts. */
  readonly name: string;
  readonly codec: Codec<Args>;
  readonly answeredBy: AnsweredBy;
  /** The server that the request says it is from. */
  senderOf(args: Args): ServerId;
}

/** What is known of a kind of reply. */
export interface ReplyRow<Body> {
  /** The name of its request, with `Reply` at the end. */
  readonly name: string;
  readonly codec: Codec<Body>;
}

/** Every kind of request. */
export const requestTable: {
  readonly [Kind in RequestKind]: RequestRow<RequestBodies[Kind], `${Kind}Reply`>;
} = {
  requestVote: {
    name: 'RequestVote',
    codec: requestVoteArgsCodec,
    answeredBy: 'requestVoteReply',
    senderOf: ({ candidateId }) => candidateId,
  },
  appendEntries: {
    name: 'AppendEntries',
    codec: appendEntriesArgsCodec,
    answeredBy: 'appendEntriesReply',
    senderOf: ({ leaderId }) => leaderId,
  },
  installSnapshot: {
    name: 'InstallSnapshot',
    codec: installSnapshotArgsCodec,
    answeredBy: 'installSnapshotReply',
    senderOf: ({ leaderId }) => leaderId,
  },
};

/** Every kind of reply. */
export const replyTable: { readonly [Kind in ReplyKind]: ReplyRow<ReplyBodies[Kind]> } = {
  requestVoteReply: { name: 'RequestVoteReply', codec: requestVoteReplyCodec },
  appendEntriesReply: { name: 'AppendEntriesReply', codec: appendEntriesReplyCodec },
  installSnapshotReply: { name: 'InstallSnapshotReply', codec: installSnapshotReplyCodec },
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

/** A kind's name in the paper, e.g. `AppendEntries`, with `Reply` at the end for a reply. */
export function messageName(kind: MessageKind): string {
  return rows[kind].name;
}

/** Whether the receiver answers this message. */
export function isRequest(message: Message): message is RequestMessage {
  return 'args' in message;
}

/** What the message says: its fields in the paper. */
export function bodyOf(message: Message): RequestBody | ReplyBody {
  return isRequest(message) ? message.args : message.reply;
}

/** The server that the request says it is from. */
export function senderOf({ kind, args }: RequestMessage): ServerId {
  const row: RequestRow<RequestBody> = requestTable[kind];
  return row.senderOf(args);
}

/** The message of a kind that says `body`, which must be of the same row: what the codec of the kind has decoded. */
export function messageOf(kind: RequestKind, body: RequestBody): RequestMessage;
/** The reply of a kind that says `body`. */
export function messageOf(kind: ReplyKind, body: ReplyBody): ReplyMessage;
/** The message of a kind that says `body`. */
export function messageOf(kind: MessageKind, body: RequestBody | ReplyBody): Message;
/** The implementation of the three forms above. */
export function messageOf(kind: MessageKind, body: RequestBody | ReplyBody): Message {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- kind and body are of one row
  return (kind in requestTable ? { kind, args: body } : { kind, reply: body }) as Message;
}

// The messages of Figure 2 and Figure 13, as zod schemas and the types inferred from them. Replies are self-contained: they
// contain what the request verified or refused, so that a leader does not need to remember the request.
import { z } from 'zod';
import { logEntriesSchema } from './log-entry.ts';
import { serverIdSchema as serverId } from './server-id.ts';

/** An index of the Raft log. The first entry has index 1; index 0 with term 0 is the empty prefix. */
export type LogIndex = number;

const term = z.int().min(0);
const logIndex = z.int().min(0);
/**
 * Counts a leader's requests to one follower in one term, from 1; a reply repeats the round of its request. So a leader can
 * tell which of its messages a reply answers, and whether it had sent it before or after something else. 0 in the reply to a
 * request of an earlier term, whose rounds were another leadership's.
 */
const round = z.int().min(0);
const sizeBytes = z.int().min(0);
const bytes: z.ZodType<Uint8Array> = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array,
  'expected bytes',
);

/** RequestVote, Figure 2. */
export const requestVoteArgsSchema = z.strictObject({
  term,
  candidateId: serverId,
  lastLogIndex: logIndex,
  lastLogTerm: term,
  /** The leader has asked the candidate to take over, so that voters need not wait for the leader's silence (thesis 3.10). */
  isTransfer: z.literal(true).optional(),
});
/** A candidate's vote request. */
export type RequestVoteArgs = z.infer<typeof requestVoteArgsSchema>;

/** The reply to RequestVote, Figure 2. */
export const requestVoteReplySchema = z.strictObject({ term, voteGranted: z.boolean() });
/** The reply to a candidate: the voter's term, and whether it granted its vote. */
export type RequestVoteReply = z.infer<typeof requestVoteReplySchema>;

/** The pre-vote, thesis 9.6: RequestVote for the term that follows the sender's. No server need be in that term. */
export const preVoteArgsSchema = z.strictObject({
  /** The term of the election that the sender would begin. */
  term: term.min(1),
  candidateId: serverId,
  lastLogIndex: logIndex,
  lastLogTerm: term,
});
/** The question of a server that has heard no leader: would this server vote for it? */
export type PreVoteArgs = z.infer<typeof preVoteArgsSchema>;

/** The reply to a pre-vote, thesis 9.6. */
export const preVoteReplySchema = z.strictObject({
  /** Of a grant the term that was asked for, of a refusal the term that the voter is in. */
  term,
  voteGranted: z.boolean(),
});
/** The answer to a pre-vote: it promises nothing, and is not persisted. */
export type PreVoteReply = z.infer<typeof preVoteReplySchema>;

/** AppendEntries, Figure 2. The first entry has index prevLogIndex + 1. */
export const appendEntriesArgsSchema = z.strictObject({
  term,
  leaderId: serverId,
  prevLogIndex: logIndex,
  prevLogTerm: term,
  entries: logEntriesSchema,
  leaderCommit: logIndex,
  round,
});
/** Entries of a leader's log, or none (a heartbeat). */
export type AppendEntriesArgs = z.infer<typeof appendEntriesArgsSchema>;

/** The reply to AppendEntries, Figure 2, with the index that it acknowledges or refuses (§5.3, the end). */
export const appendEntriesReplySchema = z.discriminatedUnion('success', [
  z.strictObject({
    term,
    success: z.literal(true),
    /** The last index at which this request showed the follower's log to equal the leader's. */
    matchIndex: logIndex,
    round,
  }),
  z.strictObject({
    term,
    success: z.literal(false),
    /** The refused prevLogIndex. */
    prevLogIndex: logIndex,
    /** The term of the follower's entry there, or 0 if its log is too short or the request is from an old term. */
    conflictTerm: term,
    /** The first index of that term, or the index after the follower's last entry (§5.3, the end). */
    conflictIndex: logIndex,
    round,
  }),
]);
/** An acknowledgement, or a refusal with the index of the conflict. */
export type AppendEntriesReply = z.infer<typeof appendEntriesReplySchema>;

/**
 * The question of a leader whether it still leads (thesis 6.4): a heartbeat that carries nothing but the number of its round. It is
 * a message of its own, so that it neither waits behind entries nor costs anything while there are no reads.
 */
export const confirmLeaderArgsSchema = z.strictObject({
  term,
  leaderId: serverId,
  /** Counts the rounds of this leader in this term, from 1. */
  round: logIndex.min(1),
});
/** A round of a leader that has reads to serve. */
export type ConfirmLeaderArgs = z.infer<typeof confirmLeaderArgsSchema>;

/** The reply to ConfirmLeader, thesis 6.4. */
export const confirmLeaderReplySchema = z.strictObject({
  term,
  /** The round that is confirmed, as in the request; 0 when the request was from an old term. */
  round: logIndex,
});
/** The confirmation that the server had heard of no later term when it heard this very round. */
export type ConfirmLeaderReply = z.infer<typeof confirmLeaderReplySchema>;

/** The question of a server to its leader how far it must have applied before it reads (thesis 6.4, the end). */
export const readIndexArgsSchema = z.strictObject({
  term,
  readerId: serverId,
  /** The reader's name for this read: unique among its reads, also those of its earlier lives. */
  readId: logIndex,
});
/** A read that another server than the leader wants to serve. */
export type ReadIndexArgs = z.infer<typeof readIndexArgsSchema>;

/** The reply to ReadIndex. It may be long in coming: the leader confirms first that it still leads. */
export const readIndexReplySchema = z.strictObject({
  term,
  readId: logIndex,
  /** The index up to which the reader must have applied; 0 when the server cannot say, and the reader must ask again. */
  readIndex: logIndex,
});
/** The index of a read, or a refusal. */
export type ReadIndexReply = z.infer<typeof readIndexReplySchema>;

/** TimeoutNow, thesis 3.10: the leader asks a server whose log is up to date to begin an election at once. */
export const timeoutNowArgsSchema = z.strictObject({ term, leaderId: serverId });
/** The request of a leader to take over. */
export type TimeoutNowArgs = z.infer<typeof timeoutNowArgsSchema>;

/** The reply to TimeoutNow: the term that the server is in then. */
export const timeoutNowReplySchema = z.strictObject({ term });
/** The answer of the server that was asked to take over. */
export type TimeoutNowReply = z.infer<typeof timeoutNowReplySchema>;

/**
 * InstallSnapshot, Figure 13: one chunk of a snapshot. The size of the whole is in every chunk in the place of `done`, so that
 * a follower can reserve memory once and knows when it has all of it, in whatever order the chunks arrive.
 */
export const installSnapshotArgsSchema = z
  .strictObject({
    term,
    leaderId: serverId,
    lastIncludedIndex: logIndex,
    lastIncludedTerm: term,
    /** The size of the whole snapshot. */
    sizeBytes,
    /** Where the chunk begins in the snapshot. */
    offset: sizeBytes,
    /** The bytes from there on. None asks how much the follower has, unless the snapshot itself is empty. */
    data: bytes,
    round,
  })
  .refine(endsInside, 'the chunk ends after the end of the snapshot');
/** A part of a leader's snapshot, for a follower whose next entries were compacted. */
export type InstallSnapshotArgs = z.infer<typeof installSnapshotArgsSchema>;

function endsInside(chunk: { sizeBytes: number; offset: number; data: Uint8Array }): boolean {
  return chunk.offset + chunk.data.length <= chunk.sizeBytes;
}

/** The reply to InstallSnapshot, Figure 13, with what the follower has of the snapshot. */
export const installSnapshotReplySchema = z.strictObject({
  term,
  /** The last index at which this request showed the follower to equal the leader; 0 if parts of the snapshot are missing. */
  matchIndex: logIndex,
  /** The snapshot that the reply is about. */
  lastIncludedIndex: logIndex,
  /** The first byte of it that the follower does not have: its size once it has all. A lost chunk is sent again from here. */
  offset: sizeBytes,
  round,
});
/** The acknowledgement of a chunk, or of the whole snapshot. */
export type InstallSnapshotReply = z.infer<typeof installSnapshotReplySchema>;

// The messages of Figure 2 and Figure 13, as zod schemas and the types inferred from them. Replies are self-contained: they
// contain what the request verified or refused, so that a leader does not need to remember the request.
import { z } from 'zod';
import { logEntriesSchema } from './log-entry.ts';
import { serverIdSchema as serverId } from './server-id.ts';

/** An index of the Raft log. The first entry has index 1; index 0 with term 0 is the empty prefix. */
export type LogIndex = number;

const term = z.int().min(0);
const logIndex = z.int().min(0);
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
  }),
]);
/** An acknowledgement, or a refusal with the index of the conflict. */
export type AppendEntriesReply = z.infer<typeof appendEntriesReplySchema>;

/** InstallSnapshot, Figure 13, without chunks: the whole snapshot in one message. */
export const installSnapshotArgsSchema = z.strictObject({
  term,
  leaderId: serverId,
  lastIncludedIndex: logIndex,
  lastIncludedTerm: term,
  data: bytes,
});
/** A leader's snapshot for a follower whose next entries were compacted. */
export type InstallSnapshotArgs = z.infer<typeof installSnapshotArgsSchema>;

/** The reply to InstallSnapshot, Figure 13, with the index that it acknowledges. */
export const installSnapshotReplySchema = z.strictObject({
  term,
  /** The last index at which this request showed the follower to equal the leader; 0 if it was from an old term. */
  matchIndex: logIndex,
});
/** The acknowledgement of a snapshot. */
export type InstallSnapshotReply = z.infer<typeof installSnapshotReplySchema>;

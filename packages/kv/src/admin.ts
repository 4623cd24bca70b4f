// The calls of an operator: status of a server, transfer of leadership, and a snapshot of the pairs for a backup.
//
// A snapshot is opened on one server, which encodes all its pairs as they are after one index of the log, and read from there in
// chunks. It has no sessions: a backup is restored into a new cluster, whose clients open new ones.
import { serverIdSchema, type LogIndex, type ServerId, type Term } from '@raftlab/protocol';
import type { RaftStatus } from '@raftlab/raft-core';
import { valueMethod, type Method } from '@raftlab/rpc';
import type { ReadLevel } from '@raftlab/rsm';
import { z } from 'zod';
import { readLevelSchema, replySchema, type Reply } from './protocol.ts';

/** The name under which a server offers the calls of an operator. */
export const adminServiceName = 'KVAdmin';

/** The most bytes of a snapshot that one call returns. */
export const snapshotChunkMaxBytes: number = 1024 * 1024;

/** What a leader knows about one follower. Fields as in `FollowerStatus` of @raftlab/raft-core. */
export type FollowerReport = Pick<
  RaftStatus['followers'][number],
  'server' | 'mode' | 'matchIndex' | 'nextIndex' | 'lastHeardMsAgo'
>;

/** A server at one moment. Plain JSON; fields as in `RaftStatus` of @raftlab/raft-core, and the service's own. */
export interface ServerReport extends Pick<
  RaftStatus,
  'me' | 'life' | 'role' | 'term' | 'leaderId' | 'log' | 'commitIndex' | 'lastApplied'
> {
  /** For a leader every other member; empty for the other roles. */
  readonly followers: readonly FollowerReport[];
  /** How many keys the store of this server has. */
  readonly keyCount: number;
  /** Commands and reads of clients that have not ended on this server. */
  readonly pendingCount: number;
}

const count = z.int().min(0);

/** The form of `ServerReport`. A later version may add fields. */
export const serverReportSchema: z.ZodType<ServerReport> = z.object({
  me: serverIdSchema,
  life: z.enum(['loading', 'running', 'killed', 'stopped']),
  role: z.enum(['follower', 'candidate', 'leader']),
  term: count,
  leaderId: serverIdSchema.nullable(),
  log: z.object({ firstIndex: count, lastIndex: count, lastTerm: count, snapshotIndex: count }),
  commitIndex: count,
  lastApplied: count,
  followers: z.array(
    z.object({
      server: serverIdSchema,
      mode: z.enum(['probe', 'replicate', 'snapshot', 'lost-log']),
      matchIndex: count,
      nextIndex: count,
      lastHeardMsAgo: z.number(),
    }),
  ),
  keyCount: count,
  pendingCount: count,
});

/** Reports on the server that is called, in any state that it is in. */
export const statusMethod: Method<null, ServerReport> = valueMethod(`${adminServiceName}.Status`, {
  args: z.null(),
  reply: serverReportSchema,
});

/** Whom to hand leadership to; null is the voter with the longest log. */
export interface TransferArgs {
  readonly to: ServerId | null;
}

/**
 * How a transfer ended:
 * - `transferred`: the server that was called no longer leads;
 * - `gave-up`: no other server led within an election timeout, and the server that was called leads on;
 * - `no-target`: there is no other voter;
 * - `not-another-voter`: `to` is the leader itself, or no voter of the cluster.
 */
export type TransferOutcome = (typeof transferOutcomes)[number];

const transferOutcomes = ['transferred', 'gave-up', 'no-target', 'not-another-voter'] as const;

/** Hands leadership on. Only the leader does: another server refuses with NotLeader, and one that is transferring with Busy. */
export const transferMethod: Method<TransferArgs, Reply<TransferOutcome>> = valueMethod(
  `${adminServiceName}.Transfer`,
  {
    args: z.strictObject({ to: serverIdSchema.nullable() }),
    reply: replySchema(z.enum(transferOutcomes)),
  },
);

/** How fresh a snapshot must be; see `ReadLevel`. `local` works on every server, also without a majority. */
export interface OpenSnapshotArgs {
  readonly level: ReadLevel;
}

/** A snapshot that can be read, on the server that opened it. */
export interface OpenedSnapshot {
  /** For `readSnapshotMethod`. Not valid any more when the snapshot was closed, or was not read for 30 s. */
  readonly id: number;
  /** The snapshot has all entries up to this index, and no later one. */
  readonly index: LogIndex;
  /** The term of the entry at the index. */
  readonly term: Term;
  readonly keyCount: number;
  readonly sizeBytes: number;
}

/** Opens a snapshot of all pairs. Refused as Busy when too many are open. The bytes are those of `KeyValueMachine.snapshot`. */
export const openSnapshotMethod: Method<OpenSnapshotArgs, Reply<OpenedSnapshot>> = valueMethod(
  `${adminServiceName}.OpenSnapshot`,
  {
    args: z.strictObject({ level: readLevelSchema }),
    reply: replySchema(
      z.strictObject({ id: count, index: count, term: count, keyCount: count, sizeBytes: count }),
    ),
  },
);

/** Which part of a snapshot to read. */
export interface ReadSnapshotArgs {
  readonly id: number;
  /** In bytes, from 0. */
  readonly offset: number;
}

const bytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);

/**
 * Reads the bytes of an open snapshot from an offset on, `snapshotChunkMaxBytes` at most: fewer only at its end. A read at
 * `sizeBytes` returns no bytes and closes the snapshot. Null when the snapshot is not open any more, or the offset is beyond its end.
 */
export const readSnapshotMethod: Method<ReadSnapshotArgs, Uint8Array | null> = valueMethod(
  `${adminServiceName}.ReadSnapshot`,
  { args: z.strictObject({ id: count, offset: count }), reply: bytes.nullable() },
);

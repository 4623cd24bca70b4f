// The server's side of the calls of an operator.
import type { Raft } from '@raftlab/raft-core';
import { bind, makeService, type Service } from '@raftlab/rpc';
import { joinInTurns } from '@raftlab/rsm';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import {
  adminServiceName,
  openSnapshotMethod,
  readSnapshotMethod,
  statusMethod,
  transferMethod,
  type OpenedSnapshot,
  type ServerReport,
  type TransferArgs,
  type TransferOutcome,
} from './admin.ts';
import type { KeyValueServer } from './key-value-server.ts';
import { OpenSnapshots } from './open-snapshots.ts';
import { refusalReply, type Reply } from './protocol.ts';

/** What the calls act on. */
export interface AdminOptions {
  readonly server: KeyValueServer;
  /** The peer of that server. */
  readonly raft: Pick<Raft<Uint8Array>, 'status' | 'transferLeadership'>;
  /** Closes snapshots that are not read. */
  readonly clock: Clock;
}

/** The calls of an operator, to be registered on the server's network beside those of clerks. */
export function makeAdminService({ server, raft, clock }: AdminOptions): Service {
  const snapshots = new OpenSnapshots(clock);
  return makeService(adminServiceName, [
    bind(statusMethod, () => reportOf({ server, raft })),
    bind(transferMethod, (args) => transfer(raft, args)),
    bind(openSnapshotMethod, async ({ level }): Promise<Reply<OpenedSnapshot>> => {
      if (snapshots.isFull) return { ok: false, refusal: 'Busy' };
      const read = await server.store.read({ kind: 'get', key: '' }, level);
      if (!read.ok) return refusalReply(read.refusal);
      const { index, term } = server.store.lastApplied;
      const { keyCount } = server;
      assert(index >= read.at.index, 'a snapshot contains what the read before it did');
      const bytes = await joinInTurns(clock, server.snapshotPieces());
      // Others may have opened snapshots in the meantime.
      if (snapshots.isFull) return { ok: false, refusal: 'Busy' };
      const { id, sizeBytes } = snapshots.open(bytes);
      return { ok: true, value: { id, index, term, keyCount, sizeBytes } };
    }),
    bind(readSnapshotMethod, ({ id, offset }) => snapshots.read(id, offset)),
  ]);
}

/** The report that `statusMethod` returns. */
export function reportOf({ server, raft }: Omit<AdminOptions, 'clock'>): ServerReport {
  const { me, life, role, term, leaderId, log, commitIndex, lastApplied, followers } = raft.status();
  return {
    me,
    life,
    role,
    term,
    leaderId,
    log,
    commitIndex,
    lastApplied,
    followers: followers.map(({ server: follower, mode, matchIndex, nextIndex, lastHeardMsAgo }) => ({
      server: follower,
      mode,
      matchIndex,
      nextIndex,
      lastHeardMsAgo,
    })),
    keyCount: server.keyCount,
    pendingCount: server.store.pendingCount,
  };
}

async function transfer(
  raft: Pick<Raft<Uint8Array>, 'status' | 'transferLeadership'>,
  { to }: TransferArgs,
): Promise<Reply<TransferOutcome>> {
  const { role, leaderId } = raft.status();
  if (role !== 'leader') return notLeader(leaderId);
  try {
    const result = await raft.transferLeadership(to ?? undefined);
    if (result.ok) return { ok: true, value: 'transferred' };
    switch (result.reason) {
      case 'gave-up':
      case 'no-target':
        return { ok: true, value: result.reason };
      case 'not-leader':
        return notLeader(raft.status().leaderId);
      case 'transferring':
        return { ok: false, refusal: 'Busy' };
      case 'killed':
      case 'stopped':
      case 'loading':
        return { ok: false, refusal: 'Stopped' };
    }
  } catch (error) {
    if (error instanceof RangeError) return { ok: true, value: 'not-another-voter' };
    throw error;
  }
}

function notLeader(leader: number | null): Reply<never> {
  return { ok: false, refusal: 'NotLeader', ...(leader !== null && { leader }) };
}

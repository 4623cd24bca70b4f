// Lease reads (thesis 6.4.1): a leader that a majority has confirmed serves reads without asking again, as long as those servers
// refuse their votes. Safe only as far as clocks agree on how long that is: `leaseReads.maxClockDriftRatio` is the assumption.
import { assert } from '@raftlab/runtime/assert';
import type { RaftConfig } from './config.ts';
import type { Leader } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * How long a lease lasts on the leader's clock, in ms, from the sending of the round that a majority has confirmed. A follower
 * refuses its vote for the shortest election timeout, by a clock that may be faster by the drift.
 */
function leaseMs({ leaseReads, electionTimeoutMinMs }: RaftConfig): number {
  assert(leaseReads === false || leaseReads.maxClockDriftRatio > 0, 'a lease assumes some drift');
  return leaseReads === false ? 0 : electionTimeoutMinMs / (1 + leaseReads.maxClockDriftRatio);
}

/** Whether no other server can lead now, as far as clocks keep to the assumed drift. Never after a transfer has begun. */
export function isLeaseValid({ config, now }: Pick<Turn, 'config' | 'now'>, leader: Leader): boolean {
  if (leader.transfer !== undefined || leader.hasAskedToTakeOver) return false;
  return now < leader.reads.leaseStart + leaseMs(config);
}

/** A majority has confirmed a round that left at `sentAt`. */
export function renewLease({ config }: Pick<Turn, 'config'>, { reads }: Leader, sentAt: number): void {
  if (config.leaseReads !== false) reads.leaseStart = Math.max(reads.leaseStart, sentAt);
}

/**
 * The process was held up: a timer fired `lateMs` late. For longer than the drift allows, and the clock by which the lease was
 * measured may not be trusted either (a machine that slept): the lease ends, and rounds from before bring no other.
 */
export function dropLeaseAfterStall({ config }: Pick<Turn, 'config'>, leader: Leader, lateMs: number): void {
  assert(lateMs >= 0, () => `a step that is ${lateMs} ms late`);
  if (config.leaseReads === false || lateMs <= config.electionTimeoutMinMs - leaseMs(config)) return;
  leader.reads.leaseStart = -Infinity;
  leader.reads.openRounds = leader.reads.openRounds.map(({ round }) => ({ round, sentAt: -Infinity }));
}

// The report of a peer about itself, for an operator or a service: one plain-JSON object, made on request.
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import { isServiceBehind, uncommittedOf, type Amount } from './admission.ts';
import type { ApplyQueue } from './apply-queue.ts';
import type { RaftCounters } from './counters.ts';
import type { RaftConfig } from './core/config.ts';
import { RaftLog } from './core/log.ts';
import type { Progress } from './core/progress.ts';
import type { RaftState, Role } from './core/state.ts';
import { assert } from '@raftlab/runtime/assert';

/**
 * A peer at one moment. It can be passed to `JSON.stringify`, and does not change afterwards. Times are in ms, sizes in bytes of
 * encoded commands.
 */
export interface RaftStatus {
  readonly me: ServerId;
  /** loading: its storage has not loaded yet. killed and stopped: as the reasons of `start`. */
  readonly life: 'loading' | 'running' | 'killed' | 'stopped';
  /** The role in `term`; follower while the peer loads. */
  readonly role: Role;
  readonly term: Term;
  /** The leader of `term`, which may be this peer; null while none is known. */
  readonly leaderId: ServerId | null;
  readonly log: LogStatus;
  /** The highest index that is known to be committed. */
  readonly commitIndex: LogIndex;
  /** The highest index that the service has taken: its callback returned, or the promise that it returned was fulfilled. */
  readonly lastApplied: LogIndex;
  readonly service: ServiceStatus;
  /** The entries of the log after `commitIndex`. */
  readonly uncommitted: Amount;
  /** For a leader every other member, in the order of their ids; empty for the other roles. */
  readonly followers: readonly FollowerStatus[];
  readonly counters: RaftCounters;
}

/** The range of indexes in the log. */
export interface LogStatus {
  /** The first index whose entry the log has; `lastIndex + 1` for a log without entries. */
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** The last index that the snapshot covers; 0 without a snapshot. Entries before it may be kept for followers. */
  readonly snapshotIndex: LogIndex;
}

/** How far the service is behind. */
export interface ServiceStatus {
  /** Committed entries of the log that the service has not taken yet. */
  readonly waiting: Amount;
  /** The size of a leader's snapshot that was not yet passed to the service; 0 without one. */
  readonly waitingSnapshotBytes: number;
  /**
   * Whether `waiting` has reached `maxUnappliedEntries` or `maxUnappliedBytes`: a follower then accepts no entries, and a leader
   * refuses proposals.
   */
  readonly isBehind: boolean;
}

/** Replication to one follower, as its leader sees it. */
export interface FollowerStatus {
  readonly server: ServerId;
  /** `lost-log`: it no longer has what it acknowledged, gets heartbeats only, and does not count. */
  readonly mode: Progress['mode'];
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  /** Messages with entries, or chunks of a snapshot, that were sent and not yet acknowledged. */
  readonly inflightMessages: number;
  /** The bytes of commands or of the snapshot in them. */
  readonly inflightBytes: number;
  /** How many may be in flight before the leader waits for an answer. It follows the link. */
  readonly windowBytes: number;
  /** The time since it last answered in this term; since the beginning of the term for one that never did. */
  readonly lastHeardMsAgo: number;
}

/** The parts of a status. */
export interface StatusParts {
  readonly me: ServerId;
  readonly life: RaftStatus['life'];
  /** Undefined while the peer loads, as is the queue. */
  readonly state: RaftState | undefined;
  readonly config: RaftConfig;
  readonly queue: Pick<ApplyQueue<never>, 'lastTaken' | 'waiting' | 'waitingSnapshotBytes'> | undefined;
  readonly counters: RaftCounters;
  readonly now: number;
}

const nothing: Amount = { entries: 0, bytes: 0 };

/** The status of a peer with these parts. */
export function statusOf({ me, life, state, config, queue, counters, now }: StatusParts): RaftStatus {
  if (state === undefined || queue === undefined) {
    return {
      me,
      life,
      role: 'follower',
      term: 0,
      leaderId: null,
      log: logStatusOf(new RaftLog()),
      commitIndex: 0,
      lastApplied: 0,
      service: { waiting: nothing, waitingSnapshotBytes: 0, isBehind: false },
      uncommitted: nothing,
      followers: [],
      counters,
    };
  }
  const { standing, currentTerm, log, commitIndex } = state;
  const { lastTaken, waiting, waitingSnapshotBytes } = queue;
  assert(state.me === me, () => `the state of server ${state.me} in the status of server ${me}`);
  assert(lastTaken <= commitIndex, () => `${lastTaken} is applied, but only ${commitIndex} is committed`);
  assert(waiting.entries >= 0 && waiting.bytes >= 0, 'a negative amount waits for the service');
  return {
    me,
    life,
    role: standing.role,
    term: currentTerm,
    leaderId: leaderOf(state),
    log: logStatusOf(log),
    commitIndex,
    lastApplied: lastTaken,
    service: { waiting, waitingSnapshotBytes, isBehind: isServiceBehind(waiting, config) },
    uncommitted: uncommittedOf(state),
    followers: standing.role === 'leader' ? followersOf(standing.progress, now) : [],
    counters,
  };
}

function logStatusOf({ compactedIndex, lastIncludedIndex, lastIndex, lastTerm }: RaftLog): LogStatus {
  return { firstIndex: compactedIndex + 1, lastIndex, lastTerm, snapshotIndex: lastIncludedIndex };
}

function leaderOf({ me, standing }: RaftState): ServerId | null {
  assert(standing.role !== 'follower' || standing.leaderId !== me, 'a follower that follows itself');
  if (standing.role === 'leader') return me;
  return standing.role === 'follower' ? (standing.leaderId ?? null) : null;
}

function followersOf(progress: ReadonlyMap<ServerId, Progress>, now: number): FollowerStatus[] {
  const followers = [...progress].map(([server, known]) => ({
    server,
    mode: known.mode,
    matchIndex: known.matchIndex,
    nextIndex: known.nextIndex,
    inflightMessages: known.inflight.length,
    inflightBytes: known.inflightBytes,
    windowBytes: known.windowBytes,
    lastHeardMsAgo: now - known.lastHeardAt,
  }));
  for (const { server, matchIndex, nextIndex, lastHeardMsAgo } of followers) {
    assert(
      matchIndex < nextIndex,
      () => `follower ${server}: matchIndex ${matchIndex}, nextIndex ${nextIndex}`,
    );
    assert(lastHeardMsAgo >= 0, () => `follower ${server} was heard ${-lastHeardMsAgo} ms from now`);
  }
  return followers.toSorted((one, other) => one.server - other.server);
}

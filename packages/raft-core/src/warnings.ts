// The warnings of a peer that continues to run: conditions that an operator should change.
import type { LogIndex, ServerId } from '@raftlab/protocol';
import type { Amount } from './admission.ts';
import type { LostLog } from './core/outputs.ts';
import type { Role } from './core/state.ts';
import { assert } from '@raftlab/runtime/assert';

interface WarningBase {
  readonly server: ServerId;
  /** One sentence for a log: the observation, its place, and the remedy. */
  readonly message: string;
}

/**
 * A condition that reduces availability or uses memory, but breaks no rule:
 * - `event-loop-stalled`: nothing ran in this process for `stalledMs` ms or longer, so that this peer was silent for about an
 *   election timeout. Followers of a leader then elect another one;
 * - `slow-callback`: the apply callback, or several consecutive calls of it, kept the event loop busy for `heldMs` ms,
 *   which is a heartbeat interval or longer;
 * - `service-behind`: the committed entries that wait for the service have reached `maxUnappliedEntries` or
 *   `maxUnappliedBytes`. Reported again only after the service has caught up to half of it;
 * - `lost-log`: the server `follower` no longer has entries that it acknowledged to this leader: it runs on an empty or an older
 *   disk. The leader sends it heartbeats only, and does not count it. The README of raft-core says how such a server comes back.
 */
export type RaftWarning = WarningBase &
  (
    | { readonly kind: 'event-loop-stalled'; readonly role: Role; readonly stalledMs: number }
    | { readonly kind: 'slow-callback'; readonly heldMs: number }
    | {
        readonly kind: 'service-behind';
        readonly waitingEntries: number;
        readonly waitingBytes: number;
      }
    | {
        readonly kind: 'lost-log';
        readonly follower: ServerId;
        /** The last index that the follower acknowledged. */
        readonly acknowledgedIndex: LogIndex;
        /** It has no entries after this index that agree with the leader's. */
        readonly lastIndex: LogIndex;
      }
  );

/** Nothing ran in the process for `stalledMs` ms. */
export function stallWarning(server: ServerId, role: Role, stalledMs: number): RaftWarning {
  assert(stalledMs > 0, () => `a stall of ${stalledMs} ms`);
  const message =
    `server ${server} (${role}): nothing ran in this process for ${Math.round(stalledMs)} ms, about as long as an election ` +
    'timeout. Find what keeps the event loop busy, and divide it, or move it to a worker thread.';
  return { kind: 'event-loop-stalled', server, role, stalledMs, message };
}

/** The service kept the event loop busy for `heldMs` ms. */
export function slowCallbackWarning(server: ServerId, heldMs: number): RaftWarning {
  assert(heldMs > 0, () => `a callback of ${heldMs} ms is not slow`);
  const message =
    `server ${server}: the apply callback kept the event loop busy for ${Math.round(heldMs)} ms, longer than a heartbeat ` +
    'interval. Let it return a promise, and do the work in pieces or in a worker thread.';
  return { kind: 'slow-callback', server, heldMs, message };
}

/** The entries that wait for the service have reached the bound. */
export function serviceBehindWarning(server: ServerId, { entries, bytes }: Amount): RaftWarning {
  assert(entries > 0, 'a service is behind when entries wait for it');
  const message =
    `server ${server}: ${entries} committed entries (${bytes} bytes) wait for the service. Until it has caught up, this ` +
    'server takes no entries from its leader, and no proposals as a leader. Make the service faster, or propose less.';
  return {
    kind: 'service-behind',
    server,
    waitingEntries: entries,
    waitingBytes: bytes,
    message,
  };
}

/** A follower has lost what it had acknowledged. */
export function lostLogWarning(server: ServerId, lost: LostLog): RaftWarning {
  const { server: follower, acknowledgedIndex, lastIndex } = lost;
  const message =
    `server ${server}: server ${follower} has lost entries that it acknowledged. It had those up to ${acknowledgedIndex}, and ` +
    `now has at most those up to ${lastIndex}. Stop it, and give it back its own storage or a new id.`;
  return { kind: 'lost-log', server, follower, acknowledgedIndex, lastIndex, message };
}

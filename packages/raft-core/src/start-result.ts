// The result of `start`, and what a caller may do after a refusal.
import type { LogIndex, Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';

/**
 * Why `start` did not accept the command:
 * - `not-leader`: this peer does not lead; the leader may accept it;
 * - `loading`: its storage has not loaded yet;
 * - `busy`: it leads, but the uncommitted entries, or those that wait for its service, have reached their bound;
 * - `transferring`: it leads, and hands its leadership to another server, for an election timeout at most;
 * - `too-large`: the encoded command is longer than `maxCommandBytes`;
 * - `killed`: the peer was stopped by `kill` or `stop`;
 * - `stopped`: the peer was stopped by a failure, which `onError` received.
 */
export type RefusalReason =
  | 'not-leader'
  | 'loading'
  | 'busy'
  | 'transferring'
  | 'too-large'
  | 'killed'
  | 'stopped';

/**
 * Whether the same command may be proposed again:
 * - `later`: to the same peer, after a pause;
 * - `elsewhere`: to another peer; this one will not accept it, or not before it is elected;
 * - `never`: no peer of this configuration accepts it.
 */
export type Retry = 'later' | 'elsewhere' | 'never';

const retryAfter: Readonly<Record<RefusalReason, Retry>> = {
  'not-leader': 'elsewhere',
  loading: 'later',
  busy: 'later',
  transferring: 'later',
  'too-large': 'never',
  killed: 'elsewhere',
  stopped: 'elsewhere',
};

/**
 * The result of `start`. `isLeader` is the lab's: true if the command was appended to the leader's log, where it has this
 * index if it is ever committed, and then in this term. It is false for every refusal, also that of a leader, so that a caller
 * that checks only this field tries another server; the command is then in no log, and may safely be proposed again.
 */
export type StartResult =
  | { readonly isLeader: true; readonly index: LogIndex; readonly term: Term }
  | {
      readonly isLeader: false;
      readonly term: Term;
      readonly reason: RefusalReason;
      readonly retry: Retry;
    };

/** The refusal for this reason. */
export function refusal(reason: RefusalReason, term: Term): StartResult {
  assert(term >= 0, () => `a refusal in term ${term}`);
  return { isLeader: false, term, reason, retry: retryAfter[reason] };
}

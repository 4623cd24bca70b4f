// What `start` returns, and what a caller may do after a refusal.
import type { LogIndex, Term } from '@raftlab/protocol';

/**
 * Why `start` took no command:
 * - `not-leader`: this peer does not lead; the leader may take it;
 * - `loading`: its storage has not returned yet what it contains;
 * - `busy`: it leads, but what is uncommitted, or what waits for its service, has reached its bound;
 * - `too-large`: the encoded command is longer than `maxCommandBytes`;
 * - `killed`: the peer was stopped by `kill` or `stop`;
 * - `stopped`: the peer was stopped by a failure, which `onError` received.
 */
export type RefusalReason = 'not-leader' | 'loading' | 'busy' | 'too-large' | 'killed' | 'stopped';

/**
 * Whether the same command may be proposed again:
 * - `later`: to the same peer, after a pause;
 * - `elsewhere`: to another peer; this one will not take it, or not before it is elected;
 * - `never`: no peer of this configuration takes it.
 */
export type Retry = 'later' | 'elsewhere' | 'never';

const retryAfter: Readonly<Record<RefusalReason, Retry>> = {
  'not-leader': 'elsewhere',
  loading: 'later',
  busy: 'later',
  'too-large': 'never',
  killed: 'elsewhere',
  stopped: 'elsewhere',
};

/**
 * What `start` returns. `isLeader` is the lab's: true when the command was appended to the leader's log, where it has this
 * index if it is ever committed, and then in this term. It is false for every refusal, also that of a leader, so that a caller
 * that looks at nothing else tries another server; the command is then in no log, and may be proposed again without risk.
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
  return { isLeader: false, term, reason, retry: retryAfter[reason] };
}

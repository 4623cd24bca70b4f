// A learner's Raft as a simulation uses it: guarded and checked from outside, as in `grade --impl`.
import type { OutsideRaft } from '@raftlab/simulation';
import type { Make } from '@raftlab/test-harness/learner';
import { GuardedCode, type GuardedCodeOptions } from '../grade/foreign/guarded-code.ts';
import { GuardedPeer } from '../grade/foreign/guarded-peer.ts';

/** For one run: its code has observed nothing yet. */
export interface GuardedRaft extends OutsideRaft {
  readonly code: GuardedCode;
}

export function guardedRaft(
  make: Make,
  { sources, progress }: Pick<GuardedCodeOptions, 'sources' | 'progress'>,
): GuardedRaft {
  const code = new GuardedCode({ sources, progress, watchesRaft: true });
  return {
    code,
    make(environment) {
      code.onStart(environment);
      return new GuardedPeer(make, environment, code.test);
    },
    explain: (violation) => code.checks.remarks(violation),
  };
}

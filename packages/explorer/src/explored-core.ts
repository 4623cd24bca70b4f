// The interface of a core that the explorer needs: the production RaftCore has it, and so do the broken ones of tests.
import type { CoreOptions, RaftConfig, RaftState, Steppable } from '@raftlab/raft-core';

export interface ExploredCore extends Steppable {
  readonly state: RaftState;
  clone(): ExploredCore;
}

export type BeginCore = (options: CoreOptions) => ExploredCore;

/** What the servers of an exploration have in common. */
export interface ExploredWorld {
  readonly begin: BeginCore;
  readonly config: RaftConfig;
  /** Whether services read: only then does it matter whom a follower takes for its leader. */
  readonly hasReads: boolean;
}

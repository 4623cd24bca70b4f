// What the explorer needs of a core: the production RaftCore has it, and so has a broken one around it.
import type { CoreOptions, RaftState, Steppable } from '@raftlab/raft-core';

export interface ExploredCore extends Steppable {
  readonly state: RaftState;
  clone(): ExploredCore;
}

export type BeginCore = (options: CoreOptions) => ExploredCore;

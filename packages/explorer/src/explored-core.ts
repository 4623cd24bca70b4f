// What the explorer needs of a core: the production RaftCore has it, and so has a broken one around it.
import type { CoreOptions, Input, Outputs, RaftState } from '@raftlab/raft-core';

export interface ExploredCore {
  readonly state: RaftState;
  step(input: Input, now: number): Outputs;
  clone(): ExploredCore;
}

export type BeginCore = (options: CoreOptions) => ExploredCore;

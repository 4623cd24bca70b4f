// What the tester knows of each server, and what the servers have applied.
import { isDeepStrictEqual } from 'node:util';
import type { Persister } from '@raftlab/persister';
import type { RaftHandle } from '../implementation.ts';
import { show } from '@raftlab/trace';
import { TestFailure } from '../test-failure.ts';

export interface ServerRecord {
  readonly id: number;
  /** Undefined while crashed. */
  raft: RaftHandle | undefined;
  isConnected: boolean;
  persister: Persister | undefined;
  /** Names of the ends on which its Raft sends, one for each server. */
  endNames: readonly string[];
  /** Counts starts: an apply message of an earlier incarnation is not the present one's. */
  incarnation: number;
  /** Everything this server has applied, by index. Survives a crash, as in the lab. */
  applied: Map<number, unknown>;
  lastApplied: number;
}

/** How many servers have applied something at an index, and what. */
export interface Committed {
  readonly count: number;
  readonly command: unknown;
}

/** The tester's memory of what was applied where; throws a TestFailure when two servers differ. */
export class AppliedCommands {
  readonly #servers: readonly ServerRecord[];
  /** Highest index applied anywhere. */
  maxIndex = 0;

  constructor(servers: readonly ServerRecord[]) {
    this.#servers = servers;
  }

  /** Notes a command after comparing it with every server's; says whether the one before it is known here. */
  record(server: ServerRecord, index: number, command: unknown): { hasPrevious: boolean } {
    for (const other of this.#servers) {
      if (!other.applied.has(index)) continue;
      const known = other.applied.get(index);
      if (!isDeepStrictEqual(known, command)) {
        throw new TestFailure(
          `commit index=${index} server=${server.id} ${show(command)} != server=${other.id} ${show(known)}`,
        );
      }
    }
    const hasPrevious = server.applied.has(index - 1);
    server.applied.set(index, command);
    this.maxIndex = Math.max(this.maxIndex, index);
    return { hasPrevious };
  }

  nCommitted(index: number): Committed {
    let count = 0;
    let command: unknown;
    for (const server of this.#servers) {
      if (!server.applied.has(index)) continue;
      const here = server.applied.get(index);
      if (count > 0 && !isDeepStrictEqual(here, command)) {
        throw new TestFailure(
          `committed values do not match: index ${index}, ${show(command)}, ${show(here)}`,
        );
      }
      count += 1;
      command = here;
    }
    return { count, command };
  }
}

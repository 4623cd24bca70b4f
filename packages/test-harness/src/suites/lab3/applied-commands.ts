// The tester's record of the commands that each server has applied. It survives crashes, as in the lab.
import { isDeepStrictEqual } from 'node:util';
import type { LogIndex, ServerId } from '@raftlab/protocol';
import { show } from '@raftlab/trace';
import { TestFailure } from '../../test-failure.ts';

/** How many servers have applied a command at an index, and the command. */
export interface Committed {
  readonly count: number;
  readonly command: unknown;
}

/** The commands of all servers by index. Its methods throw a TestFailure if two servers differ. */
export class AppliedCommands {
  /** By server, then by index. */
  readonly #commands: ReadonlyMap<ServerId, Map<LogIndex, unknown>>;
  #maxIndex = 0;

  constructor(servers: readonly ServerId[]) {
    this.#commands = new Map(servers.map((server) => [server, new Map()]));
  }

  /** The highest index that any server has applied. */
  get maxIndex(): LogIndex {
    return this.#maxIndex;
  }

  has(server: ServerId, index: LogIndex): boolean {
    return this.#of(server).has(index);
  }

  /** Adds a command after comparing it with those that other servers have applied at the index. */
  add(server: ServerId, index: LogIndex, command: unknown): void {
    for (const [other, commands] of this.#commands) {
      if (!commands.has(index)) continue;
      const known = commands.get(index);
      if (!isDeepStrictEqual(known, command)) {
        throw new TestFailure(
          `commit index=${index} server=${server} ${show(command)} != server=${other} ${show(known)}`,
        );
      }
    }
    this.#of(server).set(index, command);
    this.#maxIndex = Math.max(this.#maxIndex, index);
  }

  /** The commands that one server has applied from index 1 to `lastIndex`. */
  upTo(server: ServerId, lastIndex: LogIndex): unknown[] {
    const commands = this.#of(server);
    return Array.from({ length: lastIndex }, (_, offset) => commands.get(offset + 1));
  }

  /** Replaces all applied commands of one server; the command at index 1 is the first. */
  replace(server: ServerId, commands: readonly unknown[]): void {
    const mine = this.#of(server);
    mine.clear();
    for (const [offset, command] of commands.entries()) mine.set(offset + 1, command);
  }

  committedAt(index: LogIndex): Committed {
    let count = 0;
    let command: unknown;
    for (const commands of this.#commands.values()) {
      if (!commands.has(index)) continue;
      const here = commands.get(index);
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

  #of(server: ServerId): Map<LogIndex, unknown> {
    const commands = this.#commands.get(server);
    if (commands === undefined) throw new RangeError(`there is no server ${server}`);
    return commands;
  }
}

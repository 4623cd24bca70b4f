// The state machine that the lab's tester runs on every server: a list of all commands, compared between the servers.
import type { LogIndex, ServerId } from '@raftlab/protocol';
import type { LogPosition, StateMachine } from '@raftlab/raft-core';
import { valueCodec } from '@raftlab/rpc';
import { z } from 'zod';
import { TestFailure } from '../../test-failure.ts';
import type { AppliedCommands } from './applied-commands.ts';

/** The last index that the snapshot covers, and all commands from index 1 on; position 0 is null. */
const snapshotCodec = valueCodec(
  'snapshot of the test service',
  z.strictObject({ lastIncludedIndex: z.int().min(0), commands: z.array(z.unknown()).min(1) }),
);

/** The machine of one server from a start to a crash. Its state is that server's part of `applied`, which survives crashes. */
export class TesterMachine implements StateMachine<unknown, void> {
  readonly #server: ServerId;
  readonly #applied: AppliedCommands;
  #lastApplied: LogIndex = 0;

  constructor(server: ServerId, applied: AppliedCommands) {
    this.#server = server;
    this.#applied = applied;
  }

  /** The index of the last command, or of the snapshot that the machine was restored from. */
  get lastApplied(): LogIndex {
    return this.#lastApplied;
  }

  /** Throws a TestFailure if another server applied another command at the index, or the previous command is missing here. */
  apply(command: unknown, { index }: LogPosition): void {
    const isNext = index <= 1 || this.#applied.has(this.#server, index - 1);
    this.#applied.add(this.#server, index, command);
    if (!isNext)
      throw new TestFailure(
        `server ${this.#server} apply out of order ${index}, expected index ${this.#lastApplied + 1}`,
      );
    this.#lastApplied = index;
  }

  snapshot(): Uint8Array {
    const commands = [null, ...this.#applied.upTo(this.#server, this.#lastApplied)];
    return snapshotCodec.encode({ lastIncludedIndex: this.#lastApplied, commands });
  }

  restore(snapshot: Uint8Array): void {
    const { lastIncludedIndex, commands } = snapshotCodec.decode(snapshot);
    this.#applied.replace(this.#server, commands.slice(1));
    this.#lastApplied = lastIncludedIndex;
  }
}

// The service that the lab's tester runs on top of each Raft peer: it compares every command with what the other servers
// applied at its index and, in 3D, takes a snapshot every ten commands.
import type { LabApplyMsg, ServerId } from '@raftlab/protocol';
import { valueCodec } from '@raftlab/rpc';
import { z } from 'zod';
import { TestFailure } from '../../test-failure.ts';
import type { AppliedCommands } from './applied-commands.ts';

/** A snapshot is taken after every index i for which i + 1 is a multiple of this. */
const snapshotInterval = 10;

/** The last index that the snapshot covers, and all commands from index 1 on; place 0 is null. */
const snapshotCodec = valueCodec(
  'snapshot of the test service',
  z.strictObject({ lastIncludedIndex: z.int().min(0), commands: z.array(z.unknown()).min(1) }),
);

export interface TesterServiceOptions {
  readonly server: ServerId;
  readonly applied: AppliedCommands;
  /** Hands a snapshot to the server's peer; undefined when the service takes none. */
  readonly takeSnapshot: ((index: number, data: Uint8Array) => void) | undefined;
}

/** The service of one life of one server. Its methods throw a TestFailure when a rule of the lab is broken. */
export class TesterService {
  readonly #options: TesterServiceOptions;
  #lastApplied = 0;

  constructor(options: TesterServiceOptions) {
    this.#options = options;
  }

  take(message: LabApplyMsg): void {
    const { takeSnapshot } = this.#options;
    if (takeSnapshot === undefined) {
      if (message.commandValid) this.#apply(message.commandIndex, message.command);
      return;
    }
    if (message.snapshotValid) {
      this.restore(message.snapshot, message.snapshotIndex);
      return;
    }
    if (!message.commandValid) return;
    const { commandIndex, command } = message;
    this.#expectNext(commandIndex);
    this.#apply(commandIndex, command);
    this.#lastApplied = commandIndex;
    if ((commandIndex + 1) % snapshotInterval === 0) takeSnapshot(commandIndex, this.#snapshot());
  }

  /** Replaces what the server has applied by the snapshot's contents. */
  restore(data: Uint8Array, expectedIndex?: number): void {
    const { server, applied } = this.#options;
    const { lastIncludedIndex, commands } = snapshotCodec.decode(data);
    if (expectedIndex !== undefined && expectedIndex !== lastIncludedIndex) {
      throw new TestFailure(
        `server ${server} snapshot doesn't match SnapshotIndex: it covers ${lastIncludedIndex}, the message says ${expectedIndex}`,
      );
    }
    applied.replace(server, commands.slice(1));
    this.#lastApplied = lastIncludedIndex;
  }

  #expectNext(index: number): void {
    const expected = this.#lastApplied + 1;
    if (index === expected) return;
    throw new TestFailure(
      `server ${this.#options.server} apply out of order, expected index ${expected}, got ${index}`,
    );
  }

  /** The command before this one must be known, from this life or from an earlier one. */
  #apply(index: number, command: unknown): void {
    const { server, applied } = this.#options;
    const isNext = index <= 1 || applied.has(server, index - 1);
    applied.add(server, index, command);
    if (!isNext) throw new TestFailure(`server ${server} apply out of order ${index}`);
  }

  #snapshot(): Uint8Array {
    const { server, applied } = this.#options;
    const commands = [null, ...applied.upTo(server, this.#lastApplied)];
    return snapshotCodec.encode({ lastIncludedIndex: this.#lastApplied, commands });
  }
}

// The two services that the lab puts on top of Raft: one only compares what is applied, the other also takes snapshots.
import { valueCodec } from '@raftlab/rpc';
import type { ApplyMsg } from '@raftlab/protocol';
import { z } from 'zod';
import { TestFailure } from '../test-failure.ts';
import type { AppliedCommands, ServerRecord } from './servers.ts';

/** A snapshot is taken after every index i for which i + 1 is a multiple of this. */
const snapshotInterval = 10;

/** What the snapshotting service keeps: the last index, and all commands from index 1 on; place 0 is null. */
const snapshotCodec = valueCodec(
  'snapshot of the test service',
  z.strictObject({ lastIncludedIndex: z.int().min(0), commands: z.array(z.unknown()).min(1) }),
);

export type ApplyReader = (server: ServerRecord, message: ApplyMsg, applied: AppliedCommands) => void;

/** Compares each command with what other servers applied there; the one before it must be known. */
export const plainReader: ApplyReader = (server, message, applied) => {
  if (!message.commandValid) return;
  recordInOrder(server, message.commandIndex, message.command, applied);
};

/** Also demands consecutive indexes, ingests snapshots, and calls Snapshot at 9, 19, 29, … before the next message. */
export const snapshottingReader: ApplyReader = (server, message, applied) => {
  if (message.snapshotValid) {
    ingestSnapshot(server, message.snapshot, message.snapshotIndex);
    return;
  }
  if (!message.commandValid) return;
  const { commandIndex } = message;
  if (commandIndex !== server.lastApplied + 1) {
    throw new TestFailure(
      `server ${server.id} apply out of order, expected index ${server.lastApplied + 1}, got ${commandIndex}`,
    );
  }
  recordInOrder(server, commandIndex, message.command, applied);
  server.lastApplied = commandIndex;
  if ((commandIndex + 1) % snapshotInterval !== 0) return;
  const commands: unknown[] = [null];
  for (let index = 1; index <= commandIndex; index += 1) commands.push(server.applied.get(index));
  server.raft?.snapshot(commandIndex, snapshotCodec.encode({ lastIncludedIndex: commandIndex, commands }));
};

function recordInOrder(
  server: ServerRecord,
  index: number,
  command: unknown,
  applied: AppliedCommands,
): void {
  const { hasPrevious } = applied.record(server, index, command);
  if (index > 1 && !hasPrevious) throw new TestFailure(`server ${server.id} apply out of order ${index}`);
}

/** Replaces what the server has applied by the snapshot's contents. */
export function ingestSnapshot(server: ServerRecord, data: Uint8Array, expectedIndex?: number): void {
  const { lastIncludedIndex, commands } = snapshotCodec.decode(data);
  if (expectedIndex !== undefined && expectedIndex !== lastIncludedIndex) {
    throw new TestFailure(
      `server ${server.id} snapshot doesn't match SnapshotIndex: it covers ${lastIncludedIndex}, the message says ${expectedIndex}`,
    );
  }
  server.applied = new Map(commands.entries());
  server.applied.delete(0);
  server.lastApplied = lastIncludedIndex;
}

// The lab's readers of the apply channel: that of 3A to 3C only applies commands; that of 3D also takes snapshots, and
// requires consecutive indexes.
import type { LabApplyMsg, LogIndex, ServerId } from '@raftlab/protocol';
import { applyMessage } from '@raftlab/raft-core';
import { TestFailure } from '../../test-failure.ts';
import type { TesterMachine } from './tester-machine.ts';

/** A snapshot is taken after every index i for which i + 1 is a multiple of this. */
const snapshotInterval = 10;

export interface ApplyReaderOptions {
  readonly server: ServerId;
  readonly machine: TesterMachine;
  /** Passes a snapshot to the server's peer; undefined for the reader of 3A to 3C. */
  readonly takeSnapshot: ((index: LogIndex, data: Uint8Array) => void) | undefined;
}

/** Applies a message to the machine. Throws a TestFailure if a rule of the lab is broken. */
export function readApplied(message: LabApplyMsg, options: ApplyReaderOptions): void {
  const { machine, takeSnapshot } = options;
  if (takeSnapshot === undefined) {
    if (message.commandValid) applyMessage(machine, message);
    return;
  }
  expectNext(message, options);
  applyMessage(machine, message);
  expectCovered(message, options);
  if (!message.commandValid) return;
  const { commandIndex } = message;
  if ((commandIndex + 1) % snapshotInterval === 0) takeSnapshot(commandIndex, machine.snapshot());
}

function expectNext(message: LabApplyMsg, { server, machine }: ApplyReaderOptions): void {
  const expected = machine.lastApplied + 1;
  if (!message.commandValid || message.commandIndex === expected) return;
  throw new TestFailure(
    `server ${server} apply out of order, expected index ${expected}, got ${message.commandIndex}`,
  );
}

/** Checks that the snapshot covers the entries up to the message's index. */
function expectCovered(message: LabApplyMsg, { server, machine }: ApplyReaderOptions): void {
  if (!message.snapshotValid || message.snapshotIndex === machine.lastApplied) return;
  throw new TestFailure(
    `server ${server} snapshot doesn't match SnapshotIndex: it covers ${machine.lastApplied}, ` +
      `the message says ${message.snapshotIndex}`,
  );
}

// A Raft of the lab's interface below a replicated state machine, whose commands are byte strings.
import type { LabApplyMsg } from '@raftlab/protocol';
import type { ApplyBytes, SnapshotPolicy } from '@raftlab/rsm';
import type { LabPersister } from '../lab-peer.ts';
import { TestFailure } from '../test-failure.ts';

/** The lab's `maxraftstate`; -1 takes no snapshots. */
export function snapshotsAt(
  maxRaftState: number,
  persister: Pick<LabPersister, 'raftStateSize'>,
): SnapshotPolicy | undefined {
  if (maxRaftState < 0) return undefined;
  return { maxStateBytes: maxRaftState, stateSizeBytes: () => persister.raftStateSize() };
}

/** A Raft of the lab applies the commands that it received: byte strings. Throws a TestFailure for other values. */
export function bytesOnly(applyCh: ApplyBytes): (message: LabApplyMsg) => void | Promise<void> {
  return (message) => {
    if (!message.commandValid) return applyCh(message);
    const { command, commandIndex } = message;
    if (!(command instanceof Uint8Array))
      throw new TestFailure(
        `the command applied at index ${commandIndex} is not the byte string that was given to start`,
      );
    return applyCh({ ...message, command });
  };
}

// What the service is handed, as messages. A command is decoded when its message is made.
import type { ApplyMsg, LogEntry, LogIndex, Snapshot } from '@raftlab/protocol';
import type { Codec } from '@raftlab/rpc';
import { assert, AssertionError } from '@raftlab/runtime/assert';

/** The message for the committed entry at an index. Throws what the codec throws for a command that it cannot decode. */
export function entryMsg<Command>(
  codec: Codec<Command>,
  index: LogIndex,
  entry: LogEntry,
): ApplyMsg<Command> {
  assert(index >= 1, () => `the first index is 1, not ${index}`);
  assert(entry.term >= 1, () => `entry ${index} is of term ${entry.term}`);
  switch (entry.kind) {
    case 'command': {
      const command = codec.decode(entry.command);
      return {
        commandValid: true,
        snapshotValid: false,
        command,
        commandIndex: index,
        commandTerm: entry.term,
      };
    }
    case 'noop':
      return { commandValid: false, snapshotValid: false, noopIndex: index, noopTerm: entry.term };
    case 'configuration':
      throw new AssertionError(`entry ${index} is a configuration, which no log may contain`);
  }
}

/** The message for a snapshot of another server, with its bytes. */
export function snapshotMsg({ data, lastIncludedIndex, lastIncludedTerm }: Snapshot): ApplyMsg<never> {
  assert(lastIncludedIndex >= 1, () => `a snapshot up to ${lastIncludedIndex} covers nothing`);
  assert(lastIncludedTerm >= 1, () => `a snapshot of term ${lastIncludedTerm}`);
  return {
    commandValid: false,
    snapshotValid: true,
    snapshot: data,
    snapshotIndex: lastIncludedIndex,
    snapshotTerm: lastIncludedTerm,
  };
}

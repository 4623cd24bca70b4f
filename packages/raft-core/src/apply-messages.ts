// What the core hands to the service, as messages. A command is decoded when its message is made.
import type { ApplyMsg, LogEntry, LogIndex, Snapshot } from '@raftlab/protocol';
import type { Codec } from '@raftlab/rpc';
import type { Delivery } from './apply-queue.ts';
import { assert, AssertionError } from '@raftlab/runtime/assert';
import type { Applicable } from './core/outputs.ts';

/** What the apply queue delivers for one output of the core. */
export function deliveryOf<Command>(applicable: Applicable, codec: Codec<Command>): Delivery<Command> {
  if (applicable.kind === 'snapshot') return { count: 1, messageAt: () => snapshotMsg(applicable.snapshot) };
  const { firstIndex, entries } = applicable;
  assert(firstIndex >= 1, () => `the first index is 1, not ${firstIndex}`);
  return {
    count: entries.length,
    messageAt: (offset) => entryMsg(codec, firstIndex + offset, entries[offset]),
  };
}

function entryMsg<Command>(
  codec: Codec<Command>,
  index: LogIndex,
  entry: LogEntry | undefined,
): ApplyMsg<Command> {
  assert(entry !== undefined, () => `there is no entry to apply at ${index}`);
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

function snapshotMsg({ data, lastIncludedIndex, lastIncludedTerm }: Snapshot): ApplyMsg<never> {
  assert(lastIncludedIndex >= 1, () => `a snapshot up to ${lastIncludedIndex} covers nothing`);
  return {
    commandValid: false,
    snapshotValid: true,
    snapshot: data.slice(),
    snapshotIndex: lastIncludedIndex,
    snapshotTerm: lastIncludedTerm,
  };
}

// What the core wants applied, as messages for the service. Commands are decoded when their message is made.
import type { ApplyMsg, LogEntry, LogIndex, Snapshot } from '@raftlab/protocol';
import type { Codec } from '@raftlab/rpc';
import type { Delivery } from './apply-queue.ts';
import type { Applicable } from './core/outputs.ts';

export function deliveryOf<Command>(applicable: Applicable, codec: Codec<Command>): Delivery<Command> {
  if (applicable.kind === 'snapshot') return { count: 1, messageAt: () => snapshotMsg(applicable.snapshot) };
  const { firstIndex, entries } = applicable;
  return {
    count: entries.length,
    messageAt: (offset) => commandMsg(codec, firstIndex + offset, entries[offset]),
  };
}

function commandMsg<Command>(
  codec: Codec<Command>,
  commandIndex: LogIndex,
  entry: LogEntry | undefined,
): ApplyMsg<Command> {
  if (entry === undefined) throw new RangeError(`there is no entry to apply at ${commandIndex}`);
  const { term, command } = entry;
  return {
    commandValid: true,
    snapshotValid: false,
    command: codec.decode(command),
    commandIndex,
    commandTerm: term,
  };
}

function snapshotMsg({ data, lastIncludedIndex, lastIncludedTerm }: Snapshot): ApplyMsg<never> {
  return {
    commandValid: false,
    snapshotValid: true,
    snapshot: data.slice(),
    snapshotIndex: lastIncludedIndex,
    snapshotTerm: lastIncludedTerm,
  };
}

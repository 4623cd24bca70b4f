// Checks the messages to the services: the one property that a user of Raft observes directly.
import type { EntryKind } from '@raftlab/protocol';
import type { Applicable } from '@raftlab/raft-core';
import { Violation, type Invariant } from './invariant.ts';

export function stateMachineSafety(): Invariant {
  const lastApplied = new Map<number, number>();
  return {
    name: 'State Machine Safety',
    statement:
      'If a server has applied a log entry at a given index, no other server will ever apply a different entry for ' +
      'the same index; and each server applies consecutive indexes.',
    source: 'Raft paper, Figure 3; §5.4.3',
    onStart(server, state) {
      lastApplied.set(server, state.lastApplied);
    },
    onStep({ server, outputs }, { chosen }) {
      for (const applicable of outputs.apply) {
        const { firstIndex, lastIndex } = span(applicable);
        const previous = lastApplied.get(server) ?? 0;
        const isInOrder = applicable.kind === 'snapshot' ? lastIndex > previous : firstIndex === previous + 1;
        if (!isInOrder)
          throw new Violation(`server ${server} applies ${applicable.kind} ${firstIndex} after ${previous}`);
        lastApplied.set(server, lastIndex);
        for (let index = firstIndex; index <= lastIndex; index += 1) {
          const term = termIn(applicable, index);
          const known = chosen[index];
          if (known === undefined || known.term !== term)
            throw new Violation(
              `server ${server} applies term ${term} at ${index}, where term ${known?.term} was chosen`,
            );
          const kind = kindIn(applicable, index);
          if (kind !== undefined && known.kind !== undefined && kind !== known.kind)
            throw new Violation(
              `server ${server} applies a ${kind} at ${index}, where a ${known.kind} was chosen`,
            );
        }
      }
    },
  };
}

/** A snapshot represents its last entry. */
function span(applicable: Applicable): { firstIndex: number; lastIndex: number } {
  if (applicable.kind === 'snapshot') {
    const { lastIncludedIndex } = applicable.snapshot;
    return { firstIndex: lastIncludedIndex, lastIndex: lastIncludedIndex };
  }
  const { firstIndex, entries } = applicable;
  return { firstIndex, lastIndex: firstIndex + entries.length - 1 };
}

function termIn(applicable: Applicable, index: number): number | undefined {
  if (applicable.kind === 'snapshot') return applicable.snapshot.lastIncludedTerm;
  return applicable.entries[index - applicable.firstIndex]?.term;
}

/** Undefined for a snapshot, which does not contain its last entry. */
function kindIn(applicable: Applicable, index: number): EntryKind | undefined {
  if (applicable.kind === 'snapshot') return undefined;
  return applicable.entries[index - applicable.firstIndex]?.kind;
}

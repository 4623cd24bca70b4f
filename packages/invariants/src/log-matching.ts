import { payloadOf, type LogEntry, type LogIndex, type Term } from '@raftlab/protocol';
import type { RaftState } from '@raftlab/raft-core';
import { Violation, type Invariant } from './invariant.ts';

/** An entry as it was first observed on any server, with the term of the previous entry. */
interface Sighting {
  readonly entry: LogEntry;
  readonly previousTerm: Term;
  readonly server: number;
}

/**
 * Compares every entry that enters a log with the first observed one of the same index and term: same kind, same content, same
 * previous term. By induction all earlier entries are then equal too, so no log is ever scanned.
 */
export function logMatching(): Invariant {
  /** By index; those at one index differ in their terms. */
  const sightings: Sighting[][] = [];

  function check(server: number, state: RaftState, firstIndex: LogIndex, entries: readonly LogEntry[]): void {
    let index = firstIndex;
    let previousTerm = state.log.termAt(firstIndex - 1);
    for (const entry of entries) {
      if (previousTerm !== undefined) see(index, { entry, previousTerm, server });
      previousTerm = entry.term;
      index += 1;
    }
  }

  function see(index: LogIndex, sighting: Sighting): void {
    const { server, entry, previousTerm } = sighting;
    const { term } = entry;
    const here = (sightings[index] ??= []);
    for (const known of here) {
      if (known.entry.term !== term) continue;
      if (known.previousTerm !== previousTerm)
        throw new Violation(
          `entry ${index} of term ${term} follows term ${known.previousTerm} on server ${known.server}, ` +
            `term ${previousTerm} on server ${server}`,
        );
      if (!areEqual(known.entry, entry))
        throw new Violation(
          `entry ${index} of term ${term} differs between servers ${known.server} and ${server}`,
        );
      return;
    }
    here.push(sighting);
  }

  return {
    name: 'Log Matching',
    statement:
      'If two logs contain an entry with the same index and term, then the logs are identical in all entries up ' +
      'through the given index.',
    source: 'Raft paper, Figure 3; §5.3',
    onStart(server, state) {
      const { log } = state;
      check(server, state, log.lastIncludedIndex + 1, log.slice(log.lastIncludedIndex + 1, log.lastIndex));
    },
    onStep({ server, outputs, state }) {
      if (outputs.persist === undefined) return;
      const { log, snapshot } = outputs.persist.batch;
      if (log !== undefined) check(server, state, log.firstIndex, log.entries);
      // Entries that are kept after a new snapshot must continue it.
      const next = snapshot === undefined ? undefined : state.log.entryAt(snapshot.lastIncludedIndex + 1);
      if (snapshot !== undefined && next !== undefined)
        check(server, state, snapshot.lastIncludedIndex + 1, [next]);
    },
  };
}

function areEqual(a: LogEntry, b: LogEntry): boolean {
  if (a.kind !== b.kind) return false;
  const ours = payloadOf(a);
  const theirs = payloadOf(b);
  if (ours === theirs) return true;
  if (ours.length !== theirs.length) return false;
  // A plain loop: `every` calls a function for each byte.
  for (let at = 0; at < ours.length; at += 1) if (ours[at] !== theirs[at]) return false;
  return true;
}

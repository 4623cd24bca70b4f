// The state of a server as named facts, for the state lines of a transcript and for the checks of a scenario.
import type { WriteBatch } from '@raftlab/storage';
import type { Applicable, Progress, RaftLog, RaftState } from '@raftlab/raft-core';
import type { Facts } from './command.ts';
import { formatEntry } from './entry-text.ts';

export function serverFacts({
  standing,
  currentTerm,
  votedFor,
  log,
  commitIndex,
  lastApplied,
}: RaftState): Facts {
  return new Map([
    ['role', standing.role],
    ['term', String(currentTerm)],
    ['vote', votedFor === null ? 'none' : String(votedFor)],
    ['log', formatLog(log)],
    ['commit', String(commitIndex)],
    ['applied', String(lastApplied)],
  ]);
}

export function progressFacts({ mode, nextIndex, matchIndex, inflight }: Progress): Facts {
  return new Map([
    ['mode', mode],
    ['next', String(nextIndex)],
    ['match', String(matchIndex)],
    ['in-flight', String(inflight.length)],
  ]);
}

/** The entries, after the snapshot if there is one: `[5/1] 2:noop 2`. */
export function formatLog(log: RaftLog): string {
  const parts = log.lastIncludedIndex === 0 ? [] : [`[${log.lastIncludedIndex}/${log.lastIncludedTerm}]`];
  for (let index = log.lastIncludedIndex + 1; index <= log.lastIndex; index += 1) {
    const entry = log.entryAt(index);
    parts.push(entry === undefined ? 'missing' : formatEntry(entry));
  }
  return parts.join(' ') || 'empty';
}

export function formatState(state: RaftState): string {
  const facts = serverFacts(state);
  const fact = (name: string): string => `${name} ${facts.get(name)}`;
  return `is ${facts.get('role')}, ${fact('term')}, ${fact('vote')}, ${fact('log')}, ${fact('commit')}`;
}

/** A leader's progress, a line for each follower: `knows 1: probe, next 4, match 0`; empty for other roles. */
export function formatKnowledge({ standing }: RaftState): string[] {
  if (standing.role !== 'leader') return [];
  return [...standing.progress].map(([follower, { mode, nextIndex, matchIndex, inflight }]) => {
    const inFlight = inflight.length === 0 ? '' : `, in-flight ${inflight.length}`;
    return `knows ${follower}: ${mode}, next ${nextIndex}, match ${matchIndex}${inFlight}`;
  });
}

export function formatWrite({ hardState, snapshot, log }: WriteBatch): string {
  const parts: string[] = [];
  if (hardState !== undefined)
    parts.push(`term ${hardState.currentTerm} vote ${hardState.votedFor ?? 'none'}`);
  if (snapshot !== undefined)
    parts.push(`snapshot ${snapshot.lastIncludedIndex}/${snapshot.lastIncludedTerm}`);
  if (log !== undefined) {
    const entries = log.entries.map(formatEntry).join(' ');
    parts.push(
      entries === '' ? `nothing from ${log.firstIndex} on` : `from ${log.firstIndex} on: ${entries}`,
    );
  }
  return parts.join('; ');
}

/** The applied indexes, with the kind of entries that are not commands: `1 2 3:noop`, or `snapshot 3`. */
export function formatApplied(applicable: Applicable): string {
  if (applicable.kind === 'snapshot') return `snapshot ${applicable.snapshot.lastIncludedIndex}`;
  const { firstIndex, entries } = applicable;
  return entries
    .map(({ kind }, offset) => `${firstIndex + offset}${kind === 'command' ? '' : `:${kind}`}`)
    .join(' ');
}

// Ghost state that some properties need and that no server stores: the leader of each term, and the chosen entries. It is part of
// every explored state, so that the properties are statements about states and single transitions.
import type { RaftState } from '@raftlab/raft-core';
import { nameOf } from './describe-state.ts';
import { Interned } from './interned.ts';
import { PairTable, unknown } from './pair-table.ts';
import type { Permutation } from './permutation.ts';
import { proposerOf } from './proposed-command.ts';
import { expectProperty } from './property-violation.ts';
import { noReadEvents, type ReadEvents } from './server-action.ts';
import type { ServerSpace, Transition } from './server-space.ts';

export interface ChosenEntry {
  readonly term: number;
  readonly proposer: number;
  /** The term of the server that first committed it. */
  readonly committedInTerm: number;
}

/** A read that has not ended. */
export interface AskedRead {
  readonly id: number;
  readonly server: number;
  /** How many entries were chosen when it arrived. */
  readonly chosenAtArrival: number;
}

export interface ExploredGhost {
  /** By term; undefined for a term without a leader. */
  readonly leaders: readonly (number | undefined)[];
  /** The entry at index 1 comes first. */
  readonly chosen: readonly ChosenEntry[];
  readonly reads: readonly AskedRead[];
}

export class GhostSpace {
  readonly ghosts: Interned<ExploredGhost>;
  readonly #space: ServerSpace;
  readonly #known = new PairTable();

  constructor(space: ServerSpace, permutations: readonly Permutation[]) {
    this.#space = space;
    this.ghosts = new Interned(describeGhost, permutations);
  }

  first(): number {
    return this.ghosts.idOf({ leaders: [], chosen: [], reads: [] });
  }

  /** Throws a PropertyViolation. */
  after(ghost: number, transition: Transition): number {
    const { becameLeader, committedFrom, committedTo, reads } = transition;
    if (!becameLeader && committedFrom > committedTo && reads === noReadEvents) return ghost;
    const known = this.#known.get(ghost, transition.id);
    if (known !== unknown) return known;
    const next = this.ghosts.idOf(this.#next(this.ghosts.at(ghost), transition));
    this.#known.set(ghost, transition.id, next);
    return next;
  }

  #next(ghost: ExploredGhost, transition: Transition): ExploredGhost {
    const { state } = this.#space.servers.at(transition.after).core;
    const leaders = transition.becameLeader ? withLeader(ghost, state) : ghost.leaders;
    let { chosen } = ghost;
    for (let index = transition.committedFrom; index <= transition.committedTo; index += 1) {
      chosen = withCommitted(chosen, state, index);
    }
    const reads = withReads({ ...ghost, chosen }, state.me, transition.reads);
    return { leaders, chosen, reads };
  }
}

function withLeader({ leaders, chosen }: ExploredGhost, state: RaftState): ExploredGhost['leaders'] {
  const { me, currentTerm, log } = state;
  const known = leaders[currentTerm];
  expectProperty(
    'Election Safety',
    known === undefined || known === me,
    () => `servers ${known} and ${me} both lead term ${currentTerm}`,
  );
  chosen.forEach((entry, offset) => {
    expectProperty(
      'Leader Completeness',
      entry.committedInTerm >= currentTerm || holds(log, offset + 1, entry),
      () =>
        `server ${me} leads term ${currentTerm} without entry ${offset + 1} of term ${entry.term}, committed in ` +
        `term ${entry.committedInTerm}; it has ${log.describe()}`,
    );
  });
  const next = Array.from({ length: Math.max(leaders.length, currentTerm + 1) }, (_, term) => leaders[term]);
  next[currentTerm] = me;
  return next;
}

function withCommitted(
  chosen: ExploredGhost['chosen'],
  { me, currentTerm, log }: RaftState,
  index: number,
): ExploredGhost['chosen'] {
  const known = chosen[index - 1];
  if (known !== undefined) {
    expectProperty(
      'State Machine Safety',
      holds(log, index, known),
      () =>
        `server ${me} commits another entry at ${index} than the chosen one of term ${known.term}; ` +
        `it has ${log.describe()}`,
    );
    return chosen;
  }
  const entry = log.entryAt(index);
  expectProperty(
    'Snapshots move forward',
    entry !== undefined,
    () => `server ${me} has a snapshot that covers entry ${index}, which no server has committed`,
  );
  return [...chosen, { term: entry.term, proposer: proposerOf(entry), committedInTerm: currentTerm }];
}

/** A read that is served has an index that covers what was chosen when it arrived (thesis 6.4). */
function withReads(
  { chosen, reads }: ExploredGhost,
  server: number,
  { arrived, ended, isForgotten }: ReadEvents,
): ExploredGhost['reads'] {
  let left = reads.filter((read) => !(isForgotten && read.server === server));
  if (arrived !== undefined) left.push({ id: arrived, server, chosenAtArrival: chosen.length });
  for (const outcome of ended) {
    const read = left.find(({ id }) => id === outcome.id);
    left = left.filter((other) => other !== read);
    if (outcome.kind === 'refused') continue;
    const { readIndex } = outcome;
    expectProperty(
      'Reads are linearizable',
      read?.server === server && read.chosenAtArrival <= readIndex && readIndex <= chosen.length,
      () =>
        `server ${server} serves read ${outcome.id} at ${readIndex}; it arrived after ${read?.chosenAtArrival} commits`,
    );
  }
  return left;
}

/** Whether the log or the snapshot has the chosen entry. Entries before a snapshot's last one cannot be compared. */
export function holds(log: RaftState['log'], index: number, { term, proposer }: ChosenEntry): boolean {
  if (index < log.lastIncludedIndex) return true;
  const entry = log.entryAt(index);
  return log.termAt(index) === term && (entry === undefined || proposerOf(entry) === proposer);
}

function describeGhost({ leaders, chosen, reads }: ExploredGhost, renamed: Permutation): number[] {
  const numbers = [leaders.length];
  for (const leader of leaders) numbers.push(leader === undefined ? -1 : nameOf(leader, renamed));
  for (const { term, proposer, committedInTerm } of chosen) {
    numbers.push(term, nameOf(proposer, renamed), committedInTerm);
  }
  for (const { id, server, chosenAtArrival } of reads)
    numbers.push(-2, id, nameOf(server, renamed), chosenAtArrival);
  return numbers;
}

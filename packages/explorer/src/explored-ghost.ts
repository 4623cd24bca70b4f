// Ghost state that some properties need and that no server stores: the leader of each term, and the chosen entries. It is part of
// every explored state, so that the properties are statements about states and single transitions.
import type { RaftState } from '@raftlab/raft-core';
import { nameOf } from './describe-state.ts';
import { Interned } from './interned.ts';
import { PairTable, unknown } from './pair-table.ts';
import type { Permutation } from './permutation.ts';
import { proposerOf } from './proposed-command.ts';
import { expectProperty } from './property-violation.ts';
import type { ServerSpace, Transition } from './server-space.ts';

export interface ChosenEntry {
  readonly term: number;
  readonly proposer: number;
  /** The term of the server that first committed it. */
  readonly committedInTerm: number;
}

export interface ExploredGhost {
  /** By term; undefined for a term without a leader. */
  readonly leaders: readonly (number | undefined)[];
  /** The entry at index 1 comes first. */
  readonly chosen: readonly ChosenEntry[];
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
    return this.ghosts.idOf({ leaders: [], chosen: [] });
  }

  /** Throws a PropertyViolation. */
  after(ghost: number, transition: Transition): number {
    if (!transition.becameLeader && transition.committedFrom > transition.committedTo) return ghost;
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
    return { leaders, chosen };
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

/** Whether the log or the snapshot has the chosen entry. Entries before a snapshot's last one cannot be compared. */
export function holds(log: RaftState['log'], index: number, { term, proposer }: ChosenEntry): boolean {
  if (index < log.lastIncludedIndex) return true;
  const entry = log.entryAt(index);
  return log.termAt(index) === term && (entry === undefined || proposerOf(entry) === proposer);
}

function describeGhost({ leaders, chosen }: ExploredGhost, renamed: Permutation): number[] {
  const numbers = [leaders.length];
  for (const leader of leaders) numbers.push(leader === undefined ? -1 : nameOf(leader, renamed));
  for (const { term, proposer, committedInTerm } of chosen) {
    numbers.push(term, nameOf(proposer, renamed), committedInTerm);
  }
  return numbers;
}

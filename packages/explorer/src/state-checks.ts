// The properties of one state of the cluster: of two servers, or of the chosen entries and all servers. Results for pairs are
// cached.
import type { Membership, ServerId } from '@raftlab/protocol';
import type { RaftState } from '@raftlab/raft-core';
import { holds, type GhostSpace } from './explored-ghost.ts';
import { PairTable, unknown } from './pair-table.ts';
import { proposerOf } from './proposed-command.ts';
import { expectProperty } from './property-violation.ts';
import type { ServerSpace } from './server-space.ts';

export class StateChecks {
  readonly #space: ServerSpace;
  readonly #ghosts: GhostSpace;
  readonly #membership: Membership;
  readonly #fitting = new PairTable();
  /** By ghost and server: a bit for each chosen entry that the server has. */
  readonly #held = new PairTable();
  /** The servers that have the chosen entry that is being checked. */
  readonly #holders = new Set<ServerId>();

  constructor(space: ServerSpace, ghosts: GhostSpace, membership: Membership) {
    this.#space = space;
    this.#ghosts = ghosts;
    this.#membership = membership;
  }

  /** Checks a state in which only `actor` has changed. Throws a PropertyViolation. */
  check(servers: Int32Array, actor: number, ghost: number): void {
    const changed = servers[actor] ?? 0;
    for (const server of this.#membership.members) {
      if (server !== actor) this.#checkPair(changed, servers[server] ?? 0);
    }
    this.#checkChosen(servers, ghost);
  }

  #checkPair(first: number, second: number): void {
    if (this.#fitting.get(first, second) !== unknown) return;
    const a = this.#space.servers.at(first).core.state;
    const b = this.#space.servers.at(second).core.state;
    checkLogMatching(a, b);
    checkMatchIndex(a, b);
    checkMatchIndex(b, a);
    this.#fitting.set(first, second, 1);
  }

  #checkChosen(servers: Int32Array, ghost: number): void {
    const { chosen } = this.#ghosts.ghosts.at(ghost);
    if (chosen.length === 0) return;
    const holders = this.#holders;
    for (let offset = 0; offset < chosen.length; offset += 1) {
      holders.clear();
      for (const server of this.#membership.members) {
        if (((this.#heldBy(servers[server] ?? 0, ghost) >> offset) & 1) === 1) holders.add(server);
      }
      expectProperty(
        'Chosen is durable on a majority',
        this.#membership.isQuorum(holders),
        () =>
          `entry ${offset + 1} of term ${chosen[offset]?.term} is committed, but durable on ` +
          `${[...holders].join(', ') || 'no server'} only; the members are ${this.#membership.describe()}`,
      );
    }
  }

  #heldBy(server: number, ghost: number): number {
    const known = this.#held.get(ghost, server);
    if (known !== unknown) return known;
    const { log } = this.#space.servers.at(server).core.state;
    let bits = 0;
    this.#ghosts.ghosts.at(ghost).chosen.forEach((entry, offset) => {
      if (holds(log, offset + 1, entry)) bits |= 1 << offset;
    });
    this.#held.set(ghost, server, bits);
    return bits;
  }
}

function checkLogMatching(a: RaftState, b: RaftState): void {
  const first = Math.max(a.log.lastIncludedIndex, b.log.lastIncludedIndex);
  let agreeBelow = false;
  for (let index = Math.min(a.log.lastIndex, b.log.lastIndex); index >= first; index -= 1) {
    if (a.log.termAt(index) === b.log.termAt(index)) agreeBelow = true;
    const ours = a.log.entryAt(index);
    const theirs = b.log.entryAt(index);
    const isSame =
      a.log.termAt(index) === b.log.termAt(index) &&
      (ours === undefined || theirs === undefined || proposerOf(ours) === proposerOf(theirs));
    expectProperty(
      'Log Matching',
      !agreeBelow || isSame,
      () =>
        `servers ${a.me} and ${b.me} agree on the term of a later entry, but differ at ${index}: ` +
        `term ${a.log.termAt(index)} and term ${b.log.termAt(index)}`,
    );
  }
}

function checkMatchIndex(leader: RaftState, follower: RaftState): void {
  const { standing, currentTerm, log } = leader;
  // Unless a later term reached the follower, its log can only have grown since it acknowledged.
  if (standing.role !== 'leader' || follower.currentTerm > currentTerm) return;
  const matchIndex = standing.progress.get(follower.me)?.matchIndex ?? 0;
  const isTrue =
    matchIndex < log.lastIncludedIndex ||
    matchIndex < follower.log.lastIncludedIndex ||
    follower.log.termAt(matchIndex) === log.termAt(matchIndex);
  expectProperty(
    'matchIndex is true',
    isTrue,
    () =>
      `leader ${leader.me} has recorded that server ${follower.me} stores entry ${matchIndex}; it does not`,
  );
}

// Coverage: situations that a long simulation must reach at least once. A simulation that never reaches one of them tests less
// than it should.
import { isRequest } from '@raftlab/protocol';
import type { Invariant, StepEvent } from '@raftlab/invariants';
import { drawnByDefault, type ConditionName } from './conditions.ts';

/** Situations that a simulation of millions of events must reach; otherwise it has tested too little. */
export const situations = [
  'split vote',
  'leader deposed with uncommitted entries',
  'leader gave up without a majority',
  'conflicting suffix truncated',
  'refusal with a conflicting term',
  'entries of an old term committed indirectly',
  'entries of an old term committed by a noop',
  'snapshot installed on a lagging follower',
  'matching suffix kept behind an installed snapshot',
  'conflicting suffix dropped by an installed snapshot',
  'old snapshot refused',
  'request of an old term refused',
  'snapshot up to a noop',
  'restart from a snapshot',
  'restart with entries',
  'crash between a write and its reply',
  'failed write',
  'paused leader went on',
  'learner ahead of the commit',
  'pre-vote granted',
  'pre-vote refused',
  'vote withheld from a higher term',
  'proposal in the turn of a message',
  'snapshot handed over late',
  'crashed life that went on',
  'disk wiped',
  'read confirmed by a round',
  'read served by a lease',
  'read of another server served',
  'read refused',
  'leadership handed over',
  'transfer given up',
] as const;
/** The name of a situation that a long simulation must reach. */
export type Situation = (typeof situations)[number];

/** Situations that only a run with a condition meets. */
const conditionOf: Readonly<Partial<Record<Situation, ConditionName>>> = {
  'proposal in the turn of a message': 'same-turn',
  'snapshot handed over late': 'service',
  'crashed life that went on': 'old-lives',
  'disk wiped': 'wiped-disk',
};

/** The situations that runs meet whose conditions are drawn, not asked for. */
export const expectedSituations: readonly Situation[] = situations.filter((situation) => {
  const condition = conditionOf[situation];
  return condition === undefined || drawnByDefault.includes(condition);
});

/** Counts how often each situation occurred. */
export class Reached {
  readonly counts: Map<Situation, number> = new Map(situations.map((situation) => [situation, 0]));

  note(situation: Situation): void {
    this.counts.set(situation, (this.counts.get(situation) ?? 0) + 1);
  }

  add(other: Reached): void {
    for (const [situation, count] of other.counts) {
      this.counts.set(situation, (this.counts.get(situation) ?? 0) + count);
    }
  }

  missing(): Situation[] {
    return expectedSituations.filter((situation) => this.counts.get(situation) === 0);
  }

  /** Not a property: it never fails, and counts the situations that the steps of a run reach. */
  asInvariant(): Invariant {
    return {
      name: 'coverage',
      statement: 'situations that a simulation must reach',
      source: 'here',
      onStep: (event) => this.#observe(event),
    };
  }

  #observe({ input, outputs, before, state }: StepEvent): void {
    const { log } = state;
    const { roleChange } = outputs;
    const batch = outputs.persist?.batch;
    if (roleChange === undefined && before.role === 'candidate' && state.standing.role === 'candidate') {
      if (state.currentTerm > before.currentTerm) this.note('split vote');
    }
    if (roleChange?.role === 'candidate' && before.role === 'candidate') this.note('split vote');
    if (before.role === 'leader' && state.standing.role !== 'leader') {
      if (before.lastIndex > before.commitIndex) this.note('leader deposed with uncommitted entries');
      if (input.kind === 'tick') this.note('leader gave up without a majority');
    }
    if (
      batch?.log !== undefined &&
      batch.snapshot === undefined &&
      batch.log.firstIndex <= before.lastIndex
    ) {
      this.note('conflicting suffix truncated');
    }
    if (state.standing.role === 'leader' && state.commitIndex > before.commitIndex) {
      const first = log.termAt(before.commitIndex + 1);
      if (first !== undefined && first < state.currentTerm) {
        this.note('entries of an old term committed indirectly');
        if (log.entryAt(state.commitIndex)?.kind === 'noop')
          this.note('entries of an old term committed by a noop');
      }
    }
    this.#observeReads({ input, outputs, state });
    if (input.kind !== 'message') return;
    const { message } = input;
    if (message.kind === 'appendEntriesReply' && !message.reply.success && message.reply.conflictTerm > 0) {
      this.note('refusal with a conflicting term');
    }
    if (
      message.kind === 'appendEntriesReply' &&
      message.reply.success &&
      message.reply.matchIndex > state.commitIndex &&
      state.membership.learners.has(input.from)
    ) {
      this.note('learner ahead of the commit');
    }
    if (message.kind === 'preVoteReply')
      this.note(message.reply.voteGranted ? 'pre-vote granted' : 'pre-vote refused');
    if (message.kind === 'requestVote' && message.args.term > state.currentTerm)
      this.note('vote withheld from a higher term');
    if (isRequest(message) && message.args.term < before.currentTerm)
      this.note('request of an old term refused');
    if (message.kind !== 'installSnapshot') return;
    if (batch?.snapshot === undefined) {
      const isOld = message.args.lastIncludedIndex <= before.commitIndex;
      if (message.args.term === state.currentTerm && isOld) this.note('old snapshot refused');
      return;
    }
    this.note('snapshot installed on a lagging follower');
    if (log.lastIndex > log.lastIncludedIndex) this.note('matching suffix kept behind an installed snapshot');
    else if (before.lastIndex > log.lastIncludedIndex)
      this.note('conflicting suffix dropped by an installed snapshot');
  }

  #observeReads({ input, outputs, state }: Pick<StepEvent, 'input' | 'outputs' | 'state'>): void {
    for (const { message } of outputs.sendAfterPersist)
      if (message.kind === 'readIndexReply' && message.reply.readIndex > 0)
        this.note('read of another server served');
    if (state.standing.role !== 'leader' || !outputs.reads.some(({ kind }) => kind === 'ready')) return;
    const isConfirmation = input.kind === 'message' && input.message.kind === 'confirmLeaderReply';
    this.note(isConfirmation ? 'read confirmed by a round' : 'read served by a lease');
  }
}

// A stale read needs a rare schedule to show. Here a read that was not confirmed in time is found at once.
import type { Message, ServerId, Term } from '@raftlab/protocol';
import { Violation, type Invariant, type StepEvent } from './invariant.ts';

/** What is known of one leadership. */
interface Leadership {
  readonly term: Term;
  /** The last round that it began. */
  round: number;
  /** The latest round that each server has confirmed. */
  readonly confirmed: Map<ServerId, number>;
  /** By reader and id: the last round that had begun when the read arrived, for each copy of the request that arrived. */
  readonly arrivals: Map<string, number[]>;
}

/** A leader with a lease serves reads without a round of their own, and is not checked while it has one. */
export function readsAreConfirmed(): Invariant {
  const leaderships = new Map<ServerId, Leadership>();
  return {
    name: 'Reads are confirmed',
    statement:
      'A leader serves a read only when it has committed an entry of its own term, and a majority has confirmed a round that ' +
      'began after the read arrived.',
    source: 'Raft thesis, 6.4',
    onStep(event, { membership }) {
      const { server, state } = event;
      if (state.standing.role !== 'leader') {
        leaderships.delete(server);
        return;
      }
      let leadership = leaderships.get(server);
      if (leadership?.term !== state.currentTerm) {
        leadership = newLeadership(state.currentTerm);
        leaderships.set(server, leadership);
      }
      note(leadership, event);
      const hasLease = state.standing.reads.leaseStart > -Infinity;
      for (const reader of servedReads(event)) {
        const arrived = leadership.arrivals.get(reader)?.shift() ?? Infinity;
        if (hasLease) continue;
        const confirmers = new Set([server]);
        for (const [voter, round] of leadership.confirmed) if (round > arrived) confirmers.add(voter);
        if (!membership.isQuorum(confirmers))
          throw new Violation(
            `leader ${server} serves read ${reader}, which arrived after round ${arrived}; later rounds are confirmed by ` +
              `${[...confirmers].join(', ')} alone`,
          );
        if (state.log.termAt(state.commitIndex) !== state.currentTerm)
          throw new Violation(
            `leader ${server} serves a read, but has committed nothing in its term ${state.currentTerm}`,
          );
      }
    },
  };
}

function newLeadership(term: Term): Leadership {
  return { term, round: 0, confirmed: new Map(), arrivals: new Map() };
}

/** Arrivals and confirmations come before the rounds that the same step begins. */
function note(leadership: Leadership, { server, input, outputs }: StepEvent): void {
  if (input.kind === 'read') arrive(leadership, `${input.id} of ${server}`);
  if (input.kind === 'message') hear(leadership, input);
  for (const { message } of outputs.send)
    if (message.kind === 'confirmLeader') leadership.round = Math.max(leadership.round, message.args.round);
}

function arrive({ arrivals, round }: Leadership, reader: string): void {
  const known = arrivals.get(reader) ?? [];
  arrivals.set(reader, [...known, round]);
}

function hear(
  leadership: Leadership,
  { from, message }: { readonly from: ServerId; readonly message: Message },
): void {
  const { term, confirmed } = leadership;
  if (message.kind === 'readIndex') arrive(leadership, `${message.args.readId} of ${from}`);
  if (message.kind !== 'confirmLeaderReply' || message.reply.term !== term) return;
  confirmed.set(from, Math.max(confirmed.get(from) ?? 0, message.reply.round));
}

/** The reads that this step serves, of this server and of others. */
function servedReads({ server, outputs }: StepEvent): readonly string[] {
  const { reads, sendAfterPersist } = outputs;
  // Most steps serve none.
  if (reads.length === 0 && sendAfterPersist.length === 0) return [];
  const served = reads.filter(({ kind }) => kind === 'ready').map(({ id }) => `${id} of ${server}`);
  for (const { to, message } of sendAfterPersist) {
    if (message.kind === 'readIndexReply' && message.reply.readIndex > 0)
      served.push(`${message.reply.readId} of ${to}`);
  }
  return served;
}

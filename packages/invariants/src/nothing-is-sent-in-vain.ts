// Data that a follower cannot receive, and data that is already in flight, cost what the link and the leader have to give.
import type { LogIndex, Message, ServerId, Term } from '@raftlab/protocol';
import type { Envelope } from '@raftlab/raft-core';
import { Violation, type ServerRule, type StepEvent } from './invariant.ts';

/** What was sent to one follower in this term, and what is known to have arrived. */
interface Sent {
  /** The round of the last message. */
  round: number;
  /** The highest round of a message that was reported lost. */
  failedRound: number;
  /** The highest round that was answered. */
  answeredRound: number;
  /** The last index that was sent since there was a reason to send entries again. */
  lastIndex: LogIndex;
}

/** What one leader sent in its term. */
interface Leadership {
  readonly term: Term;
  readonly followers: Map<ServerId, Sent>;
}

/** A fresh rule for one run: it remembers what each leader sent. */
export function nothingIsSentInVain(): ServerRule {
  const leaderships = new Map<ServerId, Leadership>();
  return {
    name: 'Nothing is sent in vain',
    statement:
      'A leader sends no entries and no snapshot to a follower that answered nothing since a message to it was reported ' +
      'lost, and sends entries again only after a report of a loss, a refusal or a snapshot.',
    source: 'Raft paper, §5.3; etcd-io/etcd#16330, canonical/raft#223',
    onStep(event) {
      const { server, state, outputs } = event;
      if (state.standing.role !== 'leader') {
        leaderships.delete(server);
        return;
      }
      let leadership = leaderships.get(server);
      if (leadership?.term !== state.currentTerm) {
        leadership = { term: state.currentTerm, followers: new Map() };
        leaderships.set(server, leadership);
      }
      note(event, leadership);
      for (const envelope of outputs.send) check(server, envelope, sentTo(leadership, envelope.to));
    },
  };
}

function sentTo({ followers }: Leadership, follower: ServerId): Sent {
  const known = followers.get(follower) ?? { round: 0, failedRound: 0, answeredRound: 0, lastIndex: 0 };
  followers.set(follower, known);
  return known;
}

/** What the input shows of a follower. */
function note({ input }: StepEvent, leadership: Leadership): void {
  if (input.kind === 'unreachable') {
    const sent = sentTo(leadership, input.peer);
    // A report may be of a message of an earlier term.
    if (input.ticket > sent.round) return;
    sent.failedRound = Math.max(sent.failedRound, input.ticket);
    sent.lastIndex = 0;
    return;
  }
  if (input.kind !== 'message') return;
  const { message } = input;
  if (message.kind !== 'appendEntriesReply' && message.kind !== 'installSnapshotReply') return;
  const { term, round } = message.reply;
  if (term !== leadership.term) return;
  const sent = sentTo(leadership, input.from);
  sent.answeredRound = Math.max(sent.answeredRound, round);
  if (message.kind === 'installSnapshotReply' || !message.reply.success) sent.lastIndex = 0;
}

function check(server: ServerId, { to, message, ticket, isUrgent }: Envelope, sent: Sent): void {
  sent.round = Math.max(sent.round, ticket);
  if (!carriesData(message)) return;
  if (isUrgent) throw new Violation(`leader ${server} lets data for server ${to} overtake heartbeats`);
  if (sent.failedRound > sent.answeredRound)
    throw new Violation(
      `leader ${server} sends ${message.kind} to server ${to}, which has answered nothing since round ${sent.failedRound}`,
    );
  if (message.kind === 'installSnapshot') {
    // The entries that were sent are not in the log any more, and no loss of them was reported: what follows the snapshot comes again.
    sent.lastIndex = Math.min(sent.lastIndex, message.args.lastIncludedIndex);
    return;
  }
  if (message.kind !== 'appendEntries') return;
  const { prevLogIndex, entries } = message.args;
  if (prevLogIndex < sent.lastIndex)
    throw new Violation(
      `leader ${server} sends entry ${prevLogIndex + 1} to server ${to} again, without a reason`,
    );
  sent.lastIndex = prevLogIndex + entries.length;
}

function carriesData(message: Message): boolean {
  if (message.kind === 'appendEntries') return message.args.entries.length > 0;
  return message.kind === 'installSnapshot';
}

// What a message proves about its sender at the moment of its sending, for a Raft that does not report its state: only candidates send
// RequestVote, only leaders send AppendEntries and InstallSnapshot, and a reply has the sender's term. Names are those of Figure 2 and
// Figure 13, in any case; other messages prove nothing.
import type { ServerId, Term } from '@raftlab/protocol';
import type { StateChange, TraceEvent } from '@raftlab/trace/form';

/** A message when it is sent. */
export type Message = Extract<TraceEvent, { kind: 'send' }>;

/** What a message proves about its sender. */
export interface Evidence {
  readonly term: Term;
  /** Undefined: the message shows the term only. */
  readonly role: NonNullable<StateChange['role']> | undefined;
  readonly votedFor: ServerId | undefined;
}

/** Undefined if the message proves nothing. */
export function evidenceOf({ name, isReply, from, to, fields }: Message): Evidence | undefined {
  let term: unknown;
  let isPositive = false;
  for (const [field, value] of Object.entries(fields)) {
    if (/^term$/i.test(field)) term = value;
    else if (/^(success|votegranted)$/i.test(field)) isPositive = value === true;
    // A pre-vote has the term that its sender would have.
    else if (/^(is)?pre.?vote$/i.test(field)) return undefined;
  }
  if (typeof term !== 'number') return undefined;
  if (/^requestvote$/i.test(name)) {
    if (!isReply) return { term, role: 'candidate', votedFor: from };
    return { term, role: isPositive ? 'follower' : undefined, votedFor: isPositive ? to : undefined };
  }
  if (!/^(appendentries|installsnapshot)$/i.test(name)) return undefined;
  if (!isReply) return { term, role: 'leader', votedFor: undefined };
  return { term, role: isPositive ? 'follower' : undefined, votedFor: undefined };
}

// The reference model allows all steps of our core, under all faults and in the graded tests, and rejects steps that the paper
// does not allow.
import { Membership, NoopEntry } from '@raftlab/protocol';
import type { WriteBatch } from '@raftlab/storage';
import type { Message } from '@raftlab/protocol';
import type { Envelope } from '@raftlab/raft-core';
import { referenceRelation } from '@raftlab/invariants';
import { describe, test } from 'vitest';
import {
  entriesOf,
  envelopeOf,
  expectViolation,
  ghostOf,
  heard,
  stateOf,
  stepOf,
  type StepSketch,
} from '../history.ts';

/** Passes events of server 0 of three to the relation, from its first start on. */
class Told {
  readonly #relation = referenceRelation();
  readonly #ghost = ghostOf([{}, {}, {}]);

  /** `stored`: what its storage contains; its entries, from index 1. All three are voters unless `membership` is given. */
  constructor(
    stored: { term?: number; vote?: number; log?: readonly number[]; snapshot?: number } = {},
    membership: Membership = Membership.ofSize(3),
  ) {
    const { term = 0, vote, log = [], snapshot = 0 } = stored;
    const hardState = { currentTerm: term, votedFor: vote ?? null };
    this.durable({ hardState, log: { firstIndex: 1, entries: entriesOf(log) } });
    const rest = { membership, term, log: log.slice(snapshot), votedFor: vote ?? null };
    const point = { index: snapshot, term: log[snapshot - 1] ?? 0 };
    if (snapshot > 0) {
      const { index: lastIncludedIndex, term: lastIncludedTerm } = point;
      this.durable({ snapshot: { lastIncludedIndex, lastIncludedTerm, data: new Uint8Array() } });
    }
    this.#relation.onStart?.(0, stateOf(snapshot > 0 ? { ...rest, snapshot: point } : rest), this.#ghost);
  }

  durable(batch: WriteBatch): this {
    this.#relation.onDurable?.(0, batch, this.#ghost);
    return this;
  }

  /** Server 0 receives a message of `from`. */
  hears(from: number, message: Message, sketch: StepSketch): this {
    this.#relation.onSend?.(from, envelopeOf(0, message), this.#ghost);
    return this.does({ ...sketch, input: heard(from, message) });
  }

  does(sketch: StepSketch): this {
    this.#relation.onStep?.(stepOf(sketch), this.#ghost);
    return this;
  }

  /** Becomes leader of `term` with the vote of server 1, with its present log. */
  leads(term: number, log: readonly number[] = []): this {
    this.stands(term, log);
    return this.hears(1, voteFor(term), { after: { role: 'leader', term, votedFor: 0, log } });
  }

  /** Becomes candidate in `term`; its own vote is durable. */
  stands(term: number, log: readonly number[] = []): this {
    const args = { term, candidateId: 0, lastLogIndex: log.length, lastLogTerm: log.at(-1) ?? 0 };
    const hardState = { currentTerm: term, votedFor: 0 };
    this.does({
      after: { role: 'candidate', term, votedFor: 0, log },
      persist: { hardState },
      sends: [1, 2].map((to) => envelopeOf(to, { kind: 'requestVote', args })),
    });
    return this.durable({ hardState });
  }
}

const voteFor = (term: number, voteGranted = true): Message => ({
  kind: 'requestVoteReply',
  reply: { term, voteGranted },
});
const asksVote = (term: number, lastLogIndex = 0, lastLogTerm = 0): Message => ({
  kind: 'requestVote',
  args: { term, candidateId: 1, lastLogIndex, lastLogTerm },
});
const append = (
  term: number,
  prev: readonly [number, number],
  terms: readonly number[],
  leaderCommit = 0,
): Message => ({
  kind: 'appendEntries',
  args: {
    term,
    leaderId: 1,
    prevLogIndex: prev[0],
    prevLogTerm: prev[1],
    entries: entriesOf(terms),
    leaderCommit,
    round: 1,
  },
});
const asksPreVote = (term: number, candidateId = 1): Message => ({
  kind: 'preVote',
  args: { term, candidateId, lastLogIndex: 0, lastLogTerm: 0 },
});
const preVoteFor = (term: number, voteGranted = true): Message => ({
  kind: 'preVoteReply',
  reply: { term, voteGranted },
});
const acknowledged = (term: number, matchIndex: number): Message => ({
  kind: 'appendEntriesReply',
  reply: { term, success: true, matchIndex, round: 1 },
});
/** The one chunk of an empty snapshot, and the answer to it. */
const whole = { sizeBytes: 0, offset: 0, round: 1 };
const stored = { lastIncludedIndex: 1, offset: 0, round: 1 };
const answer = (message: Message): Envelope[] => [envelopeOf(1, message)];
const hard = (currentTerm: number, votedFor: number | null = null): WriteBatch => ({
  hardState: { currentTerm, votedFor },
});
const logged = (firstIndex: number, terms: readonly number[]): WriteBatch => ({
  log: { firstIndex, entries: entriesOf(terms) },
});
const noopAt = (index: number, term: number): WriteBatch => ({
  log: { firstIndex: index, entries: [new NoopEntry(term)] },
});

describe('steps that the paper allows', () => {
  test('a vote, an election, replication and a commit', () => {
    new Told().hears(1, asksVote(1), {
      after: { term: 1, votedFor: 1 },
      persist: hard(1, 1),
      sends: answer(voteFor(1)),
    });
    const leader = { role: 'leader', term: 1, votedFor: 0, log: [1] } as const;
    new Told()
      .leads(1)
      .does({
        input: { kind: 'propose', commands: [new Uint8Array([1])] },
        after: leader,
        persist: logged(1, [1]),
      })
      .durable(logged(1, [1]))
      .hears(1, acknowledged(1, 1), {
        after: { ...leader, matchIndex: { 1: 1 }, commitIndex: 1, lastApplied: 1 },
        apply: [{ kind: 'entries', firstIndex: 1, entries: entriesOf([1]) }],
      });
  });

  test('a new leader appends a noop, and commits the entries before it', () => {
    const log = [1];
    const entries = [...entriesOf(log), new NoopEntry(2)];
    const leader = { role: 'leader', term: 2, votedFor: 0, entries } as const;
    new Told({ term: 1, log })
      .stands(2, log)
      .hears(1, voteFor(2), { after: leader, persist: noopAt(2, 2), persistSays: { mayWait: true } })
      .durable(noopAt(2, 2))
      .hears(1, acknowledged(2, 2), {
        after: { ...leader, matchIndex: { 1: 2 }, commitIndex: 2, lastApplied: 2 },
        apply: [{ kind: 'entries', firstIndex: 1, entries }],
      });
  });

  test('a conflicting suffix is replaced, and acknowledged', () => {
    new Told({ term: 2, log: [1, 1, 1] }).hears(1, append(2, [1, 1], [2]), {
      after: { term: 2, log: [1, 2] },
      persist: logged(2, [2]),
      sends: answer(acknowledged(2, 2)),
    });
  });
});

describe('steps that the thesis adds', () => {
  test('pre-votes, an election by them, and a pre-vote that is granted (9.6)', () => {
    const requests = [1, 2].map((to) =>
      envelopeOf(to, {
        kind: 'requestVote',
        args: { term: 1, candidateId: 0, lastLogIndex: 0, lastLogTerm: 0 },
      }),
    );
    new Told()
      .hears(1, asksPreVote(1), { after: { term: 0 }, sends: answer(preVoteFor(1)) })
      .does({ after: { term: 0 }, sendsAtOnce: [1, 2].map((to) => envelopeOf(to, asksPreVote(1, 0))) })
      .hears(1, preVoteFor(1), {
        after: { role: 'candidate', term: 1, votedFor: 0 },
        persist: hard(1, 0),
        sends: requests,
      });
  });

  test('a server that has heard its leader may keep its vote, or give it (4.2.3)', () => {
    const heardLeader = (): Told =>
      new Told({ term: 1 }).hears(1, append(1, [0, 0], []), {
        after: { term: 1 },
        sends: answer(acknowledged(1, 0)),
      });
    heardLeader().hears(1, asksVote(9), { after: { term: 1 }, sends: answer(voteFor(1, false)) });
    heardLeader().hears(1, asksVote(9), {
      after: { term: 9, votedFor: 1 },
      persist: hard(9, 1),
      sends: answer(voteFor(9)),
    });
  });
});

/** Each is one wrong step after a correct history. */
const refused: { rule: string; wrong: () => unknown; words: RegExp }[] = [
  {
    rule: 'a second vote in a term (§5.2)',
    wrong: () =>
      new Told({ term: 1, vote: 2 }).hears(1, asksVote(1), {
        after: { term: 1, votedFor: 1 },
        persist: hard(1, 1),
        sends: answer(voteFor(1)),
      }),
    words: /has votedFor 1; expected 2/,
  },
  {
    rule: 'a vote for an older log (§5.4.1)',
    wrong: () =>
      new Told({ term: 2, log: [1, 2] }).hears(1, asksVote(3, 9, 1), {
        after: { term: 3, votedFor: 1, log: [1, 2] },
        persist: hard(3, 1),
        sends: answer(voteFor(3)),
      }),
    words: /has votedFor 1; expected null/,
  },
  {
    rule: 'a vote in an earlier term (§5.1)',
    wrong: () =>
      new Told({ term: 3 }).hears(1, asksVote(2), { after: { term: 3 }, sends: answer(voteFor(3)) }),
    words: /the reply is .*"voteGranted":true.*expected .*false/,
  },
  {
    rule: 'a vote that is kept without a leader (thesis 4.2.3)',
    wrong: () =>
      new Told({ term: 1 }).hears(1, asksVote(2), { after: { term: 1 }, sends: answer(voteFor(1, false)) }),
    words: /has currentTerm 1; expected 2/,
  },
  {
    rule: 'a pre-vote that raises the term (thesis 9.6)',
    wrong: () =>
      new Told({ term: 1 }).hears(1, asksPreVote(5), {
        after: { term: 5 },
        persist: hard(5),
        sends: answer(preVoteFor(5)),
      }),
    words: /has currentTerm 5; expected 1/,
  },
  {
    rule: 'a pre-vote for an older log (§5.4.1)',
    wrong: () =>
      new Told({ term: 2, log: [2] }).hears(1, asksPreVote(5), {
        after: { term: 2, log: [2] },
        sends: answer(preVoteFor(5)),
      }),
    words: /"voteGranted":true.*expected .*false/,
  },
  {
    rule: 'an election without the pre-votes of a majority (thesis 9.6)',
    wrong: () =>
      new Told({}, Membership.ofSize(5)).hears(1, preVoteFor(1), {
        after: { role: 'candidate', term: 1, votedFor: 0, membership: Membership.ofSize(5) },
        persist: hard(1, 0),
      }),
    words: /it has only the pre-votes of 1, 0/,
  },
  {
    rule: 'a question for another term than the next (thesis 9.6)',
    wrong: () => new Told().does({ after: { term: 0 }, sendsAtOnce: [envelopeOf(1, asksPreVote(2, 0))] }),
    words: /a follower in term 0, asks for pre-votes/,
  },
  {
    rule: 'a vote that was not passed to storage (Figure 2)',
    wrong: () =>
      new Told().hears(1, asksVote(1), { after: { term: 1, votedFor: 1 }, sends: answer(voteFor(1)) }),
    words: /is in term 1, vote 1; storage received 0, null/,
  },
  {
    rule: 'a vote whose write waits for the end of the turn',
    wrong: () =>
      new Told().hears(1, asksVote(1), {
        after: { term: 1, votedFor: 1 },
        persist: hard(1, 1),
        persistSays: { mayWait: true },
        sends: answer(voteFor(1)),
      }),
    words: /delays a write that a message depends on/,
  },
  {
    rule: 'a write that proves more than it contains',
    wrong: () =>
      new Told({ term: 1 }).hears(1, append(1, [0, 0], [1]), {
        after: { term: 1, log: [1] },
        persist: logged(1, [1]),
        persistSays: { proves: { currentTerm: 1, lastLogIndex: 2, lastLogTerm: 1 } },
        sends: answer(acknowledged(1, 1)),
      }),
    words: /a log up to 1\/1; its write proves .*"lastLogIndex":2/,
  },
  {
    rule: 'leading with a vote of an earlier election (§5.2)',
    wrong: () => {
      const candidate = { role: 'candidate', term: 2, votedFor: 0 } as const;
      return new Told({ term: 1 })
        .does({ after: candidate, persist: hard(2, 0) })
        .durable(hard(2, 0))
        .hears(1, voteFor(1), { after: { role: 'leader', term: 2, votedFor: 0 } });
    },
    words: /it has only the votes of 0 in term 2/,
  },
  {
    rule: 'a noop of another term than that of its leader (§8)',
    wrong: () =>
      new Told({ term: 1, log: [1] }).stands(2, [1]).hears(1, voteFor(2), {
        after: { role: 'leader', term: 2, votedFor: 0, entries: [...entriesOf([1]), new NoopEntry(1)] },
        persist: noopAt(2, 1),
      }),
    words: /has last term 1; expected 2/,
  },
  {
    rule: 'a new leader that appends two noops (§8)',
    wrong: () =>
      new Told().stands(1).hears(1, voteFor(1), {
        after: { role: 'leader', term: 1, votedFor: 0, entries: [new NoopEntry(1), new NoopEntry(1)] },
        persist: { log: { firstIndex: 1, entries: [new NoopEntry(1), new NoopEntry(1)] } },
      }),
    words: /has last index 2; expected 1/,
  },
  {
    rule: 'a new leader that appends a command (§8)',
    wrong: () =>
      new Told().stands(1).hears(1, voteFor(1), {
        after: { role: 'leader', term: 1, votedFor: 0, log: [1] },
        persist: logged(1, [1]),
      }),
    words: /has an entry 1 that differs from the model/,
  },
  {
    rule: 'a noop that is applied as a command (§8)',
    wrong: () => {
      const leader = { role: 'leader', term: 1, votedFor: 0, entries: [new NoopEntry(1)] } as const;
      return new Told()
        .stands(1)
        .hears(1, voteFor(1), { after: leader, persist: noopAt(1, 1), persistSays: { mayWait: true } })
        .durable(noopAt(1, 1))
        .hears(1, acknowledged(1, 1), {
          after: { ...leader, matchIndex: { 1: 1 }, commitIndex: 1, lastApplied: 1 },
          apply: [{ kind: 'entries', firstIndex: 1, entries: entriesOf([1]) }],
        });
    },
    words: /applies 1 of term 1, after 0, with commitIndex 1/,
  },
  {
    rule: 'leading before its own vote is durable (Figure 2)',
    wrong: () =>
      new Told()
        .does({ after: { role: 'candidate', term: 1, votedFor: 0 }, persist: hard(1, 0) })
        .hears(1, voteFor(1), { after: { role: 'leader', term: 1, votedFor: 0 } }),
    words: /it has only the votes of 1 in term 1/,
  },
  {
    rule: 'leading with the vote of a learner (thesis 4.2.1)',
    wrong: () =>
      new Told({}, new Membership([0, 2], [1]))
        .does({ after: { role: 'candidate', term: 1, votedFor: 0 }, persist: hard(1, 0) })
        .durable(hard(1, 0))
        .hears(1, voteFor(1), { after: { role: 'leader', term: 1, votedFor: 0 } }),
    words: /it has only the votes of 1, 0 in term 1/,
  },
  {
    rule: 'a learner that campaigns (thesis 4.2.1)',
    wrong: () =>
      new Told({}, new Membership([1, 2], [0])).does({
        after: { role: 'candidate', term: 1, votedFor: 0 },
        persist: hard(1, 0),
      }),
    words: /a learner starts an election/,
  },
  {
    rule: 'a learner that votes (thesis 4.2.1)',
    wrong: () =>
      new Told({}, new Membership([1, 2], [0])).hears(1, asksVote(1), {
        after: { term: 1, votedFor: 1 },
        persist: hard(1, 1),
        sends: answer(voteFor(1)),
      }),
    words: /has votedFor 1; expected null/,
  },
  {
    rule: 'a vote request to a learner (thesis 4.2.1)',
    wrong: () => {
      const args = { term: 1, candidateId: 0, lastLogIndex: 0, lastLogTerm: 0 };
      return new Told({}, new Membership([0, 2], [1])).does({
        after: { role: 'candidate', term: 1, votedFor: 0 },
        persist: hard(1, 0),
        sends: [envelopeOf(1, { kind: 'requestVote', args })],
      });
    },
    words: /server 0 sends a vote request to server 1, a learner/,
  },
  {
    rule: 'a commit that counts the copy of a learner (thesis 4.2.1)',
    wrong: () => {
      const leader = { role: 'leader', term: 1, votedFor: 0, log: [1] } as const;
      return new Told({}, new Membership([0, 2], [1]))
        .does({ after: { role: 'candidate', term: 1, votedFor: 0 }, persist: hard(1, 0) })
        .durable(hard(1, 0))
        .hears(2, voteFor(1), { after: { ...leader, log: [] } })
        .does({
          input: { kind: 'propose', commands: [new Uint8Array([1])] },
          after: leader,
          persist: logged(1, [1]),
        })
        .durable(logged(1, [1]))
        .hears(1, acknowledged(1, 1), {
          after: { ...leader, matchIndex: { 1: 1 }, commitIndex: 1, lastApplied: 1 },
          apply: [{ kind: 'entries', firstIndex: 1, entries: entriesOf([1]) }],
        });
    },
    words: /entry 1 is durable on 1, 0 only/,
  },
  {
    rule: 'a term that decreases (Figure 2)',
    wrong: () => new Told({ term: 3 }).does({ after: { term: 2 } }),
    words: /has currentTerm 2; expected 3/,
  },
  {
    rule: 'a higher term in a reply that is ignored (§5.1)',
    wrong: () =>
      new Told().leads(1).hears(1, voteFor(5, false), { after: { role: 'leader', term: 1, votedFor: 0 } }),
    words: /it has 0 votes|a follower becomes leader/,
  },
  {
    rule: 'a message that was never sent',
    wrong: () =>
      new Told().does({ input: heard(1, asksVote(1)), after: { term: 1, votedFor: 1 }, persist: hard(1, 1) }),
    words: /hears requestVote from 1, which did not send it/,
  },
  {
    rule: 'entries stored without the check of the previous one (Figure 2, AppendEntries 2)',
    wrong: () =>
      new Told({ term: 2, log: [1] }).hears(1, append(2, [1, 2], [2]), {
        after: { term: 2, log: [1, 2] },
        persist: logged(2, [2]),
        sends: answer(acknowledged(2, 2)),
      }),
    words: /has last index 2; expected 1/,
  },
  {
    rule: 'entries truncated without a conflict (Figure 2, AppendEntries 3)',
    wrong: () =>
      new Told({ term: 1, log: [1, 1, 1] }).hears(1, append(1, [0, 0], [1]), {
        after: { term: 1, log: [1] },
        persist: logged(2, []),
        sends: answer(acknowledged(1, 1)),
      }),
    words: /has last index 1; expected 3/,
  },
  {
    rule: 'a commit beyond what the message verified (Figure 2, AppendEntries 5)',
    wrong: () =>
      new Told({ term: 2, log: [1, 1, 1] }).hears(1, append(2, [1, 1], [], 3), {
        after: { term: 2, log: [1, 1, 1], commitIndex: 3, lastApplied: 3 },
        apply: [{ kind: 'entries', firstIndex: 1, entries: entriesOf([1, 1, 1]) }],
        sends: answer(acknowledged(2, 1)),
      }),
    words: /applies 2 of term 1, after 1, with commitIndex 1/,
  },
  {
    rule: 'an acknowledgement of more than the message verified',
    wrong: () =>
      new Told({ term: 1, log: [1, 1] }).hears(1, append(1, [1, 1], []), {
        after: { term: 1, log: [1, 1] },
        sends: answer(acknowledged(1, 2)),
      }),
    words: /the reply is .*"matchIndex":2.*expected .*"matchIndex":1/,
  },
  {
    rule: 'an acknowledgement that does not wait for storage (Figure 2)',
    wrong: () => {
      const step = stepOf({ after: { term: 1, log: [1] }, persist: logged(1, [1]) });
      const relation = referenceRelation();
      const ghost = ghostOf([{}, {}, {}]);
      relation.onDurable?.(0, hard(1), ghost);
      relation.onStart?.(0, stateOf({ term: 1 }), ghost);
      const message = append(1, [0, 0], [1]);
      relation.onSend?.(1, envelopeOf(0, message), ghost);
      const send = answer(acknowledged(1, 1));
      relation.onStep?.({ ...step, input: heard(1, message), outputs: { ...step.outputs, send } }, ghost);
    },
    words: /a reply does not wait for storage/,
  },
  {
    rule: 'a commit that counts replicas of an entry of an old term (§5.4.2)',
    wrong: () => {
      const leader = { role: 'leader', term: 3, votedFor: 0, log: [2] } as const;
      return new Told({ term: 2, log: [2] }).leads(3, [2]).hears(1, acknowledged(3, 1), {
        after: { ...leader, matchIndex: { 1: 1 }, commitIndex: 1, lastApplied: 1 },
        apply: [{ kind: 'entries', firstIndex: 1, entries: entriesOf([2]) }],
      });
    },
    words: /entry 1 has term 2; in term 3 its replicas do not count/,
  },
  {
    rule: "a commit that counts the leader's entries before they are durable (thesis 10.2.1)",
    wrong: () => {
      const leader = { role: 'leader', term: 1, votedFor: 0, log: [1] } as const;
      return new Told()
        .leads(1)
        .does({
          input: { kind: 'propose', commands: [new Uint8Array([1])] },
          after: leader,
          persist: logged(1, [1]),
        })
        .hears(1, acknowledged(1, 1), {
          after: { ...leader, matchIndex: { 1: 1 }, commitIndex: 1, lastApplied: 1 },
          apply: [{ kind: 'entries', firstIndex: 1, entries: entriesOf([1]) }],
        });
    },
    words: /entry 1 is durable on 1 only/,
  },
  {
    rule: 'an acknowledgement of an earlier leadership that counts (§5.1)',
    wrong: () => {
      const leader = { role: 'leader', term: 3, votedFor: 0, log: [2] } as const;
      return new Told({ term: 2, log: [2] })
        .leads(3, [2])
        .hears(1, acknowledged(2, 1), { after: { ...leader, matchIndex: { 1: 1 } } });
    },
    words: /has matchIndex of 1 1; expected 0/,
  },
  {
    rule: "an AppendEntries that differs from the leader's log (§5.3)",
    wrong: () =>
      new Told({ term: 1, log: [1] }).leads(2, [1]).does({
        after: { role: 'leader', term: 2, votedFor: 0, log: [1] },
        sends: [envelopeOf(2, append(2, [0, 0], [2]))],
      }),
    words: /sends an entry 1 that its log does not have/,
  },
  {
    rule: 'AppendEntries from a server that does not lead (§5.2)',
    wrong: () =>
      new Told({ term: 1 }).does({ after: { term: 1 }, sends: [envelopeOf(2, append(1, [0, 0], []))] }),
    words: /a follower, sends appendEntries/,
  },
  {
    rule: 'entries applied out of order',
    wrong: () =>
      new Told({ term: 1, log: [1, 1] }).hears(1, append(1, [2, 1], [], 2), {
        after: { term: 1, log: [1, 1], commitIndex: 2, lastApplied: 2 },
        apply: [{ kind: 'entries', firstIndex: 2, entries: entriesOf([1]) }],
        sends: answer(acknowledged(1, 2)),
      }),
    words: /applies 2 of term 1, after 0/,
  },
  {
    rule: 'a snapshot that drops the suffix which continues it (Figure 13, 6)',
    wrong: () => {
      const snapshot = { lastIncludedIndex: 1, lastIncludedTerm: 1, data: new Uint8Array() };
      return new Told({ term: 1, log: [1, 1] }).hears(
        1,
        { kind: 'installSnapshot', args: { term: 1, leaderId: 1, ...snapshot, ...whole } },
        {
          after: { term: 1, snapshot: { index: 1, term: 1 }, commitIndex: 1, lastApplied: 1 },
          persist: { snapshot, ...logged(2, []) },
          apply: [{ kind: 'snapshot', snapshot }],
          sends: answer({ kind: 'installSnapshotReply', reply: { ...stored, term: 1, matchIndex: 1 } }),
        },
      );
    },
    words: /has last index 1; expected 2/,
  },
  {
    rule: 'a snapshot that is older than the previous one (§7)',
    wrong: () => {
      const snapshot = { lastIncludedIndex: 1, lastIncludedTerm: 1, data: new Uint8Array() };
      return new Told({ term: 1, log: [1, 1], snapshot: 2 }).hears(
        1,
        { kind: 'installSnapshot', args: { term: 1, leaderId: 1, ...snapshot, ...whole } },
        {
          after: { term: 1, snapshot: { index: 1, term: 1 } },
          persist: { snapshot },
          apply: [{ kind: 'snapshot', snapshot }],
          sends: answer({ kind: 'installSnapshotReply', reply: { ...stored, term: 1, matchIndex: 1 } }),
        },
      );
    },
    words: /applies a snapshot up to 1 after 2/,
  },
];

describe('steps that the paper does not allow', () => {
  test.each(refused)('$rule', ({ wrong, words }) => {
    expectViolation(() => void wrong(), words);
  });
});

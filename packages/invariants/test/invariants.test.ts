// Tests of the checkers: every property is given a history that satisfies it and one that violates it.
import { CommandEntry, NoopEntry, type LogEntry } from '@raftlab/protocol';
import { chosenIsDurable } from '#src/chosen-is-durable';
import { chosenIsFinal } from '#src/chosen-is-final';
import { electionSafety } from '#src/election-safety';
import { leaderAppendOnly } from '#src/leader-append-only';
import { leaderBookkeeping } from '#src/leader-bookkeeping';
import { leaderCompleteness } from '#src/leader-completeness';
import { logMatching } from '#src/log-matching';
import { monotonicCommitIndex } from '#src/monotonic-commit-index';
import { monotonicTerm } from '#src/monotonic-term';
import { noopOpensItsTerm } from '#src/noop-opens-its-term';
import { oneVotePerTerm } from '#src/one-vote-per-term';
import { persistBeforeVisible } from '#src/persist-before-visible';
import { snapshotsMoveForward } from '#src/snapshots-move-forward';
import { stateMachineSafety } from '#src/state-machine-safety';
import { allInvariants } from '#src/all-invariants';
import { Membership } from '@raftlab/protocol';
import type { RaftState } from '@raftlab/raft-core';
import { describe, expect, test } from 'vitest';
import {
  entriesOf,
  envelopeOf,
  expectViolation,
  ghostOf,
  stateOf,
  stepOf,
  type StateSketch,
} from './history.ts';

const none = ghostOf([{}, {}, {}]);

test('Election Safety: a second leader of one term is a violation, even if the first no longer leads', () => {
  const ghost = ghostOf([{}, {}, {}]);
  const elect = (server: number, term: number): void =>
    electionSafety.onStep?.(stepOf({ server, after: { term, role: 'leader' }, becomesLeader: true }), ghost);
  elect(0, 1);
  elect(1, 2);
  elect(0, 3);
  expectViolation(() => elect(2, 2), /servers 1 and 2 both lead term 2/);
});

test('Leader Append-Only: a leader that rewrites or loses an entry is a violation', () => {
  const check = (persistFrom: number, log: readonly number[]): void =>
    leaderAppendOnly.onStep?.(
      stepOf({
        before: { role: 'leader', term: 2, log: [1, 2] },
        after: { role: 'leader', term: 2, log },
        persist: { log: { firstIndex: persistFrom, entries: entriesOf([2]) } },
      }),
      none,
    );
  check(3, [1, 2, 2]);
  expectViolation(() => check(2, [1, 2]), /wrote from 2/);
  expectViolation(() => check(3, [1]), /has entries up to 1/);
});

describe('Log Matching', () => {
  const write = (
    invariant: ReturnType<typeof logMatching>,
    server: number,
    log: readonly number[],
    firstIndex: number,
    entries = entriesOf(log.slice(firstIndex - 1)),
  ): void =>
    invariant.onStep?.(
      stepOf({ server, after: { term: 9, log }, persist: { log: { firstIndex, entries } } }),
      none,
    );

  test('the same entry after a different one is a violation', () => {
    const invariant = logMatching();
    write(invariant, 0, [1, 3], 1);
    write(invariant, 1, [1, 3], 2);
    expectViolation(
      () => write(invariant, 2, [2, 3], 2),
      /entry 2 of term 3 follows term 1 on server 0, term 2/,
    );
  });

  test('one index and term with two commands is a violation', () => {
    const invariant = logMatching();
    write(invariant, 0, [1], 1);
    const other = [new CommandEntry(1, new Uint8Array([99]))];
    expectViolation(
      () => write(invariant, 1, [1], 1, other),
      /entry 1 of term 1 differs between servers 0 and 1/,
    );
  });

  test('one index and term with two kinds of entry is a violation', () => {
    const invariant = logMatching();
    write(invariant, 0, [1], 1, [new CommandEntry(1, new Uint8Array(0))]);
    expectViolation(
      () => write(invariant, 1, [1], 1, [new NoopEntry(1)]),
      /entry 1 of term 1 differs between servers 0 and 1/,
    );
  });

  test('an entry that is kept after a snapshot without continuing it is a violation', () => {
    const invariant = logMatching();
    write(invariant, 0, [1, 3, 3], 1);
    const install = (term: number): void =>
      invariant.onStep?.(
        stepOf({
          server: 1,
          after: { term: 9, snapshot: { index: 2, term }, log: [3] },
          persist: { snapshot: { lastIncludedIndex: 2, lastIncludedTerm: term, data: new Uint8Array() } },
        }),
        none,
      );
    install(3);
    expectViolation(() => install(2), /entry 3 of term 3 follows term 3 on server 0, term 2 on server 1/);
  });

  test('the entries of a starting server are compared too', () => {
    const invariant = logMatching();
    write(invariant, 0, [1, 3], 1);
    expectViolation(
      () => invariant.onStart?.(1, stateOf({ term: 9, log: [2, 3] }), none),
      /entry 2 of term 3/,
    );
  });
});

test('Leader Completeness: a leader without an entry that an earlier term committed is a violation', () => {
  const ghost = ghostOf([{}, {}, {}], [1, 2]);
  const elect = (term: number, log: readonly number[]): void =>
    leaderCompleteness.onStep?.(stepOf({ after: { term, log, role: 'leader' }, becomesLeader: true }), ghost);
  elect(3, [1, 2, 2]);
  // A leader of term 2 need not have entries that another server committed in term 2 (Election Safety covers that case).
  elect(2, [1]);
  expectViolation(() => elect(3, [1]), /leads term 3 without entry 2 of term 2/);
  expectViolation(() => elect(3, [1, 1]), /leads term 3 without entry 2/);
});

test('Chosen is final: committing another term at a chosen index is a violation', () => {
  const ghost = ghostOf([{}, {}, {}], [1, 2]);
  const commit = (log: readonly number[]): void =>
    chosenIsFinal.onStep?.(stepOf({ before: { log }, after: { log, commitIndex: 2 } }), ghost);
  commit([1, 2]);
  expectViolation(() => commit([1, 3]), /commits term 3 at 2, where term 2 was chosen/);
});

describe('State Machine Safety', () => {
  const ghost = ghostOf([{}, {}, {}], [1, 1, 2]);
  const apply = (
    invariant: ReturnType<typeof stateMachineSafety>,
    firstIndex: number,
    terms: readonly number[],
  ): void =>
    invariant.onStep?.(
      stepOf({ after: {}, apply: [{ kind: 'entries', firstIndex, entries: entriesOf(terms) }] }),
      ghost,
    );

  test('applying another entry than the chosen one is a violation', () => {
    const invariant = stateMachineSafety();
    apply(invariant, 1, [1, 1]);
    expectViolation(() => apply(invariant, 3, [1]), /applies term 1 at 3, where term 2 was chosen/);
  });

  test('applying a noop where a command was chosen is a violation', () => {
    const invariant = stateMachineSafety();
    const entries = [new NoopEntry(1)];
    const step = stepOf({ after: {}, apply: [{ kind: 'entries', firstIndex: 1, entries }] });
    expectViolation(() => invariant.onStep?.(step, ghost), /applies a noop at 1, where a command was chosen/);
  });

  test('skipping or repeating an index is a violation, unless the server restarts', () => {
    const invariant = stateMachineSafety();
    apply(invariant, 1, [1]);
    expectViolation(() => apply(invariant, 3, [2]), /applies entries 3 after 1/);
    const other = stateMachineSafety();
    apply(other, 1, [1]);
    expectViolation(() => apply(other, 1, [1]), /applies entries 1 after 1/);
    other.onStart?.(0, stateOf({}), ghost);
    apply(other, 1, [1]);
  });

  test('a snapshot that reverts the service is a violation', () => {
    const invariant = stateMachineSafety();
    const install = (index: number): void =>
      invariant.onStep?.(
        stepOf({
          after: {},
          apply: [
            {
              kind: 'snapshot',
              snapshot: {
                lastIncludedIndex: index,
                lastIncludedTerm: ghost.chosen[index]?.term ?? 0,
                data: new Uint8Array(),
              },
            },
          ],
        }),
        ghost,
      );
    install(2);
    install(3);
    expectViolation(() => install(1), /applies snapshot 1 after 3/);
  });
});

test('Monotonic commitIndex: a decrease, or an index beyond the log, is a violation', () => {
  const check = (before: number, after: number): void =>
    monotonicCommitIndex.onStep?.(
      stepOf({ before: { log: [1, 1], commitIndex: before }, after: { log: [1, 1], commitIndex: after } }),
      none,
    );
  check(0, 2);
  expectViolation(() => check(2, 1), /commitIndex 2 became 1/);
  expectViolation(() => check(0, 3), /commitIndex 0 became 3/);
});

test('Monotonic currentTerm: a decrease while running, on storage, or across a crash is a violation', () => {
  const invariant = monotonicTerm();
  const check = (before: number, after: number): void =>
    invariant.onStep?.(stepOf({ before: { term: before }, after: { term: after } }), none);
  check(1, 2);
  expectViolation(() => check(2, 1), /went back from term 2 to 1/);
  invariant.onDurable?.(0, {}, ghostOf([{ term: 5 }, {}, {}]));
  invariant.onStart?.(0, stateOf({ term: 5 }), none);
  expectViolation(
    () => invariant.onStart?.(0, stateOf({ term: 4 }), none),
    /starts in term 4; term 5 was durable/,
  );
  expectViolation(
    () => invariant.onDurable?.(0, {}, ghostOf([{ term: 3 }, {}, {}])),
    /wrote term 3 over term 5/,
  );
});

describe('One vote per term, durably', () => {
  const grant = (term: number) => ({ kind: 'requestVoteReply', reply: { term, voteGranted: true } }) as const;
  const ghost = ghostOf([{}, {}, {}]);
  ghost.imageOf(0).apply({ hardState: { currentTerm: 3, votedFor: 1 } });

  test('a second candidate in a term is a violation', () => {
    const invariant = oneVotePerTerm();
    invariant.onSend?.(0, envelopeOf(1, grant(3)), ghost);
    invariant.onSend?.(0, envelopeOf(1, grant(3)), ghost);
    expectViolation(
      () => invariant.onSend?.(0, envelopeOf(2, grant(3)), ghost),
      /votes for 2 in term 3, after 1/,
    );
  });

  test('a vote that is not on storage is a violation', () => {
    const invariant = oneVotePerTerm();
    expectViolation(
      () => invariant.onSend?.(0, envelopeOf(1, grant(4)), ghost),
      /storage has term 3, vote for 1/,
    );
  });

  test('a vote that changes within a term is a violation, even if neither is sent', () => {
    const invariant = oneVotePerTerm();
    const change = (from: StateSketch, to: StateSketch): void =>
      invariant.onStep?.(stepOf({ before: from, after: to }), ghost);
    change({ term: 3 }, { term: 3, votedFor: 1 });
    change({ term: 3, votedFor: 1 }, { term: 4, votedFor: 2 });
    expectViolation(
      () => change({ term: 3, votedFor: 1 }, { term: 3, votedFor: 2 }),
      /votes for 2 in term 3, after 1/,
    );
    expectViolation(() => change({ term: 3, votedFor: 1 }, { term: 3 }), /votes for null in term 3, after 1/);
  });

  test('a vote request is a vote for oneself', () => {
    const args = { term: 3, candidateId: 0, lastLogIndex: 0, lastLogTerm: 0 };
    const invariant = oneVotePerTerm();
    expectViolation(
      () => invariant.onSend?.(0, envelopeOf(1, { kind: 'requestVote', args }), ghost),
      /its vote for 0 in term 3, but storage has term 3, vote for 1/,
    );
  });
});

test('Persist before visible: an acknowledgement or a term that is not on storage is a violation', () => {
  const ghost = ghostOf([{ term: 2, log: [1, 2] }, {}, {}]);
  const acknowledge = (term: number, matchIndex: number): void =>
    persistBeforeVisible.onSend?.(
      0,
      envelopeOf(1, { kind: 'appendEntriesReply', reply: { term, success: true, matchIndex, round: 1 } }),
      ghost,
    );
  acknowledge(2, 2);
  expectViolation(() => acknowledge(2, 3), /acknowledges 3; storage has entries up to 2/);
  expectViolation(() => acknowledge(3, 1), /of term 3; storage has 2/);
});

describe('Chosen is durable on a majority', () => {
  test('a commit that only one server has stored is a violation', () => {
    const commit = { before: { log: [1] }, after: { log: [1], commitIndex: 1 } };
    chosenIsDurable.onStep?.(stepOf(commit), ghostOf([{ log: [1] }, { log: [1] }, {}], [1]));
    expectViolation(
      () => chosenIsDurable.onStep?.(stepOf(commit), ghostOf([{ log: [1] }, {}, {}], [1])),
      /entry 1 of term 1 is durable on 0 only; the members are voters 0, 1, 2/,
    );
  });

  test('the copy of a learner does not count (thesis 4.2.1)', () => {
    const commit = { before: { log: [1] }, after: { log: [1], commitIndex: 1 } };
    const membership = new Membership([0, 1], [2]);
    expectViolation(
      () =>
        chosenIsDurable.onStep?.(stepOf(commit), ghostOf([{ log: [1] }, {}, { log: [1] }], [1], membership)),
      /is durable on 0, 2 only; the members are voters 0, 1; learners 2/,
    );
  });

  test('a write that leaves a chosen entry on too few servers is a violation', () => {
    const ghost = ghostOf([{ log: [1] }, { log: [1] }, {}], [1]);
    const batch = { log: { firstIndex: 1, entries: [] } };
    ghost.imageOf(1).apply(batch);
    expectViolation(() => chosenIsDurable.onDurable?.(1, batch, ghost), /server 1 writes its log from 1/);
  });
});

test('Snapshots move forward: an older one, or one of an entry that was not chosen, is a violation', () => {
  const ghost = ghostOf([{}, {}, {}], [1, 1, 2]);
  const take = (before: number, index: number, term: number): void =>
    snapshotsMoveForward.onStep?.(
      stepOf({
        before: { snapshot: { index: before, term: 1 } },
        after: { snapshot: { index, term } },
        persist: { snapshot: { lastIncludedIndex: index, lastIncludedTerm: term, data: new Uint8Array() } },
      }),
      ghost,
    );
  take(1, 3, 2);
  expectViolation(() => take(2, 1, 1), /went back from 2 to 1/);
  expectViolation(() => take(1, 3, 1), /up to entry 3 of term 1, which is not chosen/);
});

test('matchIndex is true: one that the follower has not stored is a violation', () => {
  const ghost = ghostOf([{ log: [1, 1] }, { log: [1] }, {}]);
  const hear = (matchIndex: number): void =>
    leaderBookkeeping.onStep?.(
      stepOf({
        after: { role: 'leader', log: [1, 1], matchIndex: { 1: matchIndex } },
        input: {
          kind: 'message',
          from: 1,
          message: { kind: 'appendEntriesReply', reply: { term: 1, success: true, matchIndex, round: 1 } },
        },
      }),
      ghost,
    );
  hear(1);
  expectViolation(() => hear(2), /has recorded that server 1 stores entry 2/);
});

test('every property has its own name, statement and source', () => {
  const all = allInvariants();
  for (const key of ['name', 'statement', 'source'] as const) {
    expect(all.every((invariant) => invariant[key].length > 0)).toBe(true);
  }
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

describe('A noop opens its term', () => {
  const write = (
    entries: readonly LogEntry[],
    firstIndex: number,
    before: RaftState['standing']['role'],
    after: RaftState['standing']['role'] = before,
  ): void =>
    noopOpensItsTerm.onStep?.(
      stepOf({
        before: { role: before, term: 3 },
        after: { role: after, term: 3, entries },
        persist: { log: { firstIndex, entries: entries.slice(firstIndex - 1) } },
      }),
      none,
    );
  const [one, noop] = [new CommandEntry(1, new Uint8Array(1)), new NoopEntry(3)];
  const three = new CommandEntry(3, new Uint8Array(1));

  test('an election appends one, and followers store it', () => {
    write([noop], 1, 'candidate', 'leader');
    write([one, noop], 2, 'candidate', 'leader');
    write([one, noop, three], 1, 'follower');
    write([one, three], 2, 'leader');
  });

  test('a second entry of its term is a violation', () => {
    expectViolation(
      () => write([three, noop], 1, 'follower'),
      /a noop at 2 of term 3, after an entry of the same term/,
    );
    expectViolation(() => write([three, noop], 2, 'follower'), /a noop at 2 of term 3/);
    expectViolation(() => write([one, noop, noop], 2, 'candidate', 'leader'), /a noop at 3 of term 3/);
  });

  test('a noop of a leader that was elected before is a violation', () => {
    expectViolation(() => write([one, noop], 2, 'leader'), /leads term 3 already, and appends a noop at 2/);
  });
});

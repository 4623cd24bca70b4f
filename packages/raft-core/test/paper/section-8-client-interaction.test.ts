// §8: a new leader appends a noop, whose commit also commits the entries of earlier terms.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { ConfigurationEntry, NoopEntry } from '@raftlab/protocol';
import { AssertionError, RaftCore, serviceConfig, type Outputs } from '@raftlab/raft-core';
import { Random } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import {
  ack,
  appendEntries,
  applies,
  DrivenCore,
  granted,
  leaderOf,
  persists,
  requestVote,
  said,
  type Given,
} from '../driven-core.ts';

const config = { appendsNoop: true };

/** The outputs of the step in which this server becomes leader, by the vote of server 1, and of the end of the turn. */
function election(given: Given): { driven: DrivenCore; elected: Outputs; turnEnd: Outputs } {
  const driven = new DrivenCore(given);
  driven.campaign();
  const elected = driven.receive(1, granted(driven.state.currentTerm));
  return { driven, elected, turnEnd: driven.tick() };
}

test('a new leader appends a noop of its term to its log, and persists it in the same step (§8)', () => {
  const { driven, elected } = election({ terms: [1, 1, 3], config });
  expect(driven.summary).toBe('leader t4 voted 0: 1 1 3 4:noop | commit 0');
  expect(persists(elected)).toBe('from 4: 4:noop');
});

test("a leader with the lab's configuration appends nothing: the lab's tests count indexes", () => {
  const { driven, elected } = election({ terms: [1, 1, 3] });
  expect(driven.summary).toBe('leader t4 voted 0: 1 1 3 | commit 0');
  expect(persists(elected)).toBe('nothing');
});

test('the first heartbeats carry the noop (§8; Figure 2, Leaders 1)', () => {
  const { turnEnd } = election({ terms: [1, 1, 3], config });
  expect(said(turnEnd)).toEqual([
    '1: AppendEntries t4 after 3/3 [4:noop] commit 0',
    '2: AppendEntries t4 after 3/3 [4:noop] commit 0',
  ]);
});

test('a majority with the noop commits it, and the entries of earlier terms with it (§8, §5.4.2)', () => {
  const { driven } = election({ terms: [1, 1, 3], config });
  expect(applies(driven.persisted())).toBe('');
  expect(applies(driven.receive(1, ack(4, 4)))).toBe('1 2 3 4');
  expect(driven.state.commitIndex).toBe(4);
});

test('without the noop the entries of earlier terms wait for a command of the new term (§5.4.2)', () => {
  const { driven } = election({ terms: [1, 1, 3] });
  driven.persisted();
  expect(applies(driven.receive(1, ack(4, 3)))).toBe('');
  expect(driven.state.commitIndex).toBe(0);
});

test("a majority without the leader's own disk commits the noop like any entry (thesis 10.2.1)", () => {
  const { driven } = election({ config });
  expect(applies(driven.receive(1, ack(1, 1)))).toBe('');
  expect(applies(driven.receive(2, ack(1, 1)))).toBe('1');
});

test('a cluster of one commits its noop when it is durable (§8)', () => {
  const driven = new DrivenCore({ serverCount: 1, terms: [1], config });
  driven.campaign();
  expect(driven.state.commitIndex).toBe(0);
  expect(applies(driven.persisted())).toBe('1 2');
});

test('each leadership appends one noop, and a failed candidacy none (§8)', () => {
  const driven = leaderOf({ config });
  driven.receive(1, appendEntries({ term: 2, after: [0, 0], entries: [new NoopEntry(2)] }));
  expect(driven.logText).toBe('2:noop');
  driven.receive(1, requestVote(1, 3, [1, 2]));
  expect(driven.logText).toBe('2:noop');
  driven.campaign();
  driven.receive(2, granted(4));
  driven.receive(1, granted(4));
  expect(driven.logText).toBe('2:noop 4:noop');
});

test('proposals follow the noop, in the same message if they come in the same turn (§8)', () => {
  const driven = leaderOf({ config });
  expect(persists(driven.propose(7))).toBe('from 2: 1');
  expect(said(driven.tick())[0]).toBe('1: AppendEntries t1 after 0/0 [1:noop 1] commit 0');
});

test('a follower stores a noop as it was sent, and applies it in order (Figure 2, AppendEntries 4)', () => {
  const driven = new DrivenCore({ terms: [1] });
  const entries = [new NoopEntry(2)];
  const outputs = driven.receive(1, appendEntries({ term: 2, after: [1, 1], entries, commit: 2 }));
  expect(persists(outputs)).toBe('t2 vote -; from 2: 2:noop');
  expect(applies(outputs)).toBe('1 2');
  expect(driven.state.lastApplied).toBe(2);
});

test('an uncommitted noop is replaced with the entry of a later leader (§5.3)', () => {
  const driven = leaderOf({ config });
  driven.receive(1, appendEntries({ term: 2, after: [0, 0], terms: [2] }));
  expect(driven.logText).toBe('2');
});

test('a snapshot may end with a noop (§7)', () => {
  const { driven } = election({ terms: [1], config });
  driven.persisted();
  driven.receive(1, ack(2, 2));
  const outputs = driven.step({ kind: 'compact', lastIncludedIndex: 2, data: Uint8Array.of(9) });
  expect(persists(outputs)).toBe('snapshot 2/2');
  expect(driven.logText).toBe('[2/2]');
});

test('a configuration must not enter the log: it is reserved (§6)', () => {
  const entries = [new ConfigurationEntry(2, Uint8Array.of(1))];
  const message =
    /^entry 2 of term 2 is a configuration, which is reserved .*: run this server with the version/;
  const driven = new DrivenCore({ terms: [1] });
  const receive = () => driven.receive(1, appendEntries({ term: 2, after: [1, 1], entries }));
  expect(receive).toThrow(AssertionError);
  expect(receive).toThrow(message);
  const begin = () =>
    RaftCore.begin({
      me: 0,
      membership: driven.state.membership,
      config: serviceConfig,
      random: Random.fromSeed(1),
      stored: {
        hardState: { currentTerm: 2, votedFor: null },
        snapshot: undefined,
        entries: [new NoopEntry(1), ...entries],
      },
      now: 0,
    });
  expect(begin).toThrow(AssertionError);
  expect(begin).toThrow(message);
});

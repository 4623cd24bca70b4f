// The lines below a failure that may explain it: each comes only when what it says was observed and has to do with the failure.
import { BlackBoxChecks } from '#src/grade/foreign/black-box-checks';
import { describe, expect, test } from 'vitest';
import { runGrade } from '../../command-line.ts';
import { raftWith } from '../../modules.ts';

/** Checks on a clock that the test sets; in the lines, times are left out. */
class Course {
  at = 0;
  readonly checks = new BlackBoxChecks(() => this.at, { watchesRaft: true });

  constructor() {
    // Every Raft calls others.
    this.call(0, 1)();
    this.call(0, 2)();
  }

  call(from: number, to: number, method = 'Raft.AppendEntries'): () => void {
    return this.checks.onCall({ from, to, method });
  }

  accept(server: number, command: unknown, place: { index: number; term: number }): void {
    this.checks.onStarted(server, command, { isLeader: true, ...place });
  }

  /** Server 0 sends one entry in term 1, and is answered. */
  append(to: number, { prevLogIndex, success }: { prevLogIndex: number; success: boolean }): void {
    const args = { term: 1, prevLogIndex, entries: [{ term: 1, command: 'a' }] };
    const request = { from: 0, to, method: 'Raft.AppendEntries', args };
    this.checks.onRequestSent(request);
    this.checks.onReplyArrived(request, { term: 1, success });
  }

  vote(candidate: number, voters: readonly number[], term: number, { replyTerm = term } = {}): void {
    for (const to of voters) {
      const request = {
        from: candidate,
        to,
        method: 'Raft.RequestVote',
        args: { term, candidateId: candidate },
      };
      this.checks.onRequestSent(request);
      this.checks.onReplyArrived(request, { term: replyTerm, voteGranted: true });
    }
  }

  hints(message: string, name = 'TestFailure'): string[] {
    return this.checks
      .remarks({ name, message })
      .map((line) => line.replaceAll(/ \(at \d+\.\d+ ms\)| at \d+\.\d+ ms/g, ''));
  }
}

describe('a command that was not agreed on', () => {
  const message = 'one("a") failed to reach agreement';

  test('was accepted by no start at all', () => {
    const course = new Course();
    course.checks.onStarted(0, 'a', { isLeader: false, term: 1 });
    course.checks.onStarted(1, 'a', { isLeader: false, term: 1 });
    expect(course.hints(message)).toEqual([
      'none of the 2 calls of start accepted a command: no server said that it was the leader',
    ]);
  });

  test('was refused, while another was accepted', () => {
    const course = new Course();
    course.accept(0, 'b', { index: 1, term: 1 });
    course.checks.onApplied(0, 1, { value: 'b' });
    course.checks.onStarted(1, 'a', { isLeader: false, term: 1 });
    expect(course.hints(message)).toEqual([
      'no call of start accepted it: no server said that it was the leader',
    ]);
  });

  test('was applied at another index than the promised one', () => {
    const course = new Course();
    course.accept(2, 'a', { index: 5, term: 3 });
    for (const server of [0, 1]) course.checks.onApplied(server, 6, { value: 'a' });
    expect(course.hints(message)).toEqual([
      'start of server 2 accepted it at index 5 in term 3',
      'no server has applied index 5; the highest index that was applied is 6',
      'it was applied at index 6, which start did not promise',
    ]);
  });

  test('was accepted again and again: the last places are listed', () => {
    const course = new Course();
    course.checks.onApplied(0, 1, { value: 'b' });
    for (const index of [3, 4, 5]) course.accept(2, 'a', { index, term: 3 });
    expect(course.hints(message)).toEqual([
      'start of server 2 accepted it at index 4 in term 3',
      'start of server 2 accepted it at index 5 in term 3',
      'no server has applied index 4 or 5; the highest index that was applied is 1',
    ]);
  });

  test('was not applied by all servers', () => {
    const course = new Course();
    for (const server of [0, 1, 2]) course.checks.onMake(server, 0);
    course.accept(2, 'a', { index: 5, term: 3 });
    course.checks.onApplied(1, 4, { value: 'b' });
    course.checks.onApplied(2, 5, { value: 'a' });
    expect(course.hints(message)).toEqual([
      'start of server 2 accepted it at index 5 in term 3',
      'index 5 was applied: "a" by server 2 alone',
      'not yet by the others, which have applied: server 0 up to 0, server 1 up to 4',
    ]);
  });

  test('was accepted by a leader that others have not replaced', () => {
    const course = new Course();
    course.checks.onApplied(0, 1, { value: 'b' });
    course.accept(2, 'a', { index: 2, term: 3 });
    course.at = 2500;
    for (const server of [0, 1]) course.checks.onStarted(server, 'a', { isLeader: false, term: 3 });
    expect(course.checks.remarks({ name: 'TestFailure', message })).toContain(
      'all 2 calls of start since 0.000 ms were refused: no server said that it was the leader',
    );
  });

  test('lost its index to another command', () => {
    const course = new Course();
    course.accept(2, 'a', { index: 5, term: 3 });
    course.checks.onApplied(0, 5, { value: 'b' });
    expect(course.hints(message)).toEqual([
      'start of server 2 accepted it at index 5 in term 3',
      'index 5 was applied: "b" by server 0 alone',
    ]);
  });
});

test('at an index with two commands, the leaders that accepted them are named', () => {
  const course = new Course();
  course.accept(0, 'a', { index: 7, term: 3 });
  course.accept(2, 'b', { index: 7, term: 4 });
  course.accept(2, 'c', { index: 8, term: 4 });
  for (const server of [0, 1]) course.checks.onApplied(server, 7, { value: 'a' });
  course.checks.onApplied(2, 7, { value: 'b' });
  expect(course.hints('commit index=7 server=2 "b" != server=0 "a"')).toEqual([
    'index 7: "a" was accepted by server 0 as leader of term 3',
    'index 7: "b" was accepted by server 2 as leader of term 4',
    'index 7 was applied: "a" by servers 0, 1; "b" by server 2 alone',
  ]);
  expect(course.hints('too many RPCs')).toEqual([]);
  expect(course.hints('server 1 apply out of order 9, expected index 7')).toEqual([]);
});

describe('an entry that was applied too early', () => {
  const message = '2 committed but no majority';

  /** Server 0 leads five servers in term 1, and its entry at index 2 has these followers' acknowledgements. */
  function leaderWith(followers: readonly number[], { success = true } = {}): Course {
    const course = new Course();
    for (const server of [0, 1, 2, 3, 4]) course.checks.onMake(server, 0);
    course.append(1, { prevLogIndex: 0, success });
    course.accept(0, 'a', { index: 2, term: 1 });
    for (const to of followers) course.append(to, { prevLogIndex: 1, success });
    for (const server of [0, 4]) course.checks.onApplied(server, 2, { value: 'a' });
    return course;
  }

  const accepted = [
    'index 2: "a" was accepted by server 0 as leader of term 1',
    'index 2 was applied: "a" by servers 0, 4',
  ];

  test('is explained by the acknowledgements that had arrived by then', () => {
    const course = leaderWith([4]);
    course.at = 1;
    course.append(3, { prevLogIndex: 1, success: true });
    expect(course.hints(message)).toEqual([
      ...accepted,
      'server 0 was the first to apply index 2; replies with success to a message that reaches this index had arrived by then: server 4 to server 0 in term 1',
      'so at most 2 of 5 servers were known to store it (0, 4); a leader may commit an entry when a majority stores it, 3 of 5',
    ]);
    // A later leader with another entry there did not store it then.
    course.accept(3, 'b', { index: 2, term: 2 });
    expect(course.hints(message)).toContainEqual(
      expect.stringMatching(/^so at most 2 of 5 servers .* \(0, 4\)/),
    );
    expect(leaderWith([]).hints(message)).toContain(
      'server 0 was the first to apply index 2; replies with success to a message that reaches this index had arrived by then: none',
    );
  });

  test('has no such line if a majority has acknowledged it, or if no reply shows what followers store', () => {
    expect(leaderWith([3, 4]).hints(message)).toEqual(accepted);
    expect(leaderWith([4], { success: false }).hints(message)).toEqual(accepted);
  });
});

describe('elections', () => {
  test('the votes of the term that the failure names are listed', () => {
    const course = new Course();
    course.vote(0, [1], 3);
    course.vote(2, [], 3);
    course.vote(1, [2], 4);
    expect(course.hints('term 3 has 2 (>1) leaders: 0, 2')).toEqual([
      'votes in term 3, as far as replies have arrived: server 0 for itself, server 1 for 0',
    ]);
    // Without a leader, those of the last term.
    expect(course.hints('expected one leader, got none')).toEqual([
      'votes in term 4, as far as replies have arrived: server 1 for itself, server 2 for 1',
    ]);
    expect(course.hints('one(1) failed to reach agreement')).not.toContain(expect.stringContaining('votes'));
  });

  test('servers that reply with an older term have not taken over the newer one', () => {
    const course = new Course();
    course.vote(0, [1], 3, { replyTerm: 2 });
    course.vote(0, [1, 2], 4, { replyTerm: 4 });
    const line =
      'server 1 has replied with a lower term than the request had: first server 1, to the Raft.RequestVote of server 0 (term 3, ' +
      'reply with term 2,); a server must take over a higher term before it replies (§5.1)';
    expect(course.hints('expected one leader, got none')).toContain(line);
    const votes = 'One vote per term is violated: in term 3 server 1 voted for server 0 and for itself';
    expect(course.hints(votes, 'ImplementationFault')).toEqual([line]);
  });

  test('a fault of the code itself gets no hints about elections', () => {
    const course = new Course();
    course.vote(0, [1], 3);
    expect(course.hints('make threw TypeError: x is not a function', 'ImplementationFault')).toEqual([]);
    expect(course.hints('Date.now was called at raft.ts:1', 'RealTimeError')).toEqual([]);
    const silent = new BlackBoxChecks(() => 0, { watchesRaft: true });
    expect(silent.remarks({ name: 'RealTimeError', message: 'Date.now was called' })).toEqual([]);
    expect(silent.remarks({ name: 'TestFailure', message: 'expected one leader, got none' })).toEqual([
      'no server has called any other: an election needs RequestVote calls',
    ]);
  });
});

describe('calls that wait for each other', () => {
  const message = 'expected one leader, got none';

  test('are reported when one of them has taken long', () => {
    const course = new Course();
    for (const to of [0, 2, 0, 2]) {
      const end = course.call(1, to, 'Raft.RequestVote');
      course.at += to === 0 ? 5000 : 1;
      end();
    }
    expect(course.hints(message)).toEqual([
      'server 1 calls one server after the other: it never had two calls under way, and its Raft.RequestVote to server 0 took ' +
        '5000 ms, while the others waited for their turn; begin all calls before the first await',
    ]);
  });

  test('and so is one that is still awaited', () => {
    const course = new Course();
    for (const to of [0, 2, 0]) course.call(1, to)();
    course.call(1, 2);
    course.at += 3000;
    expect(course.hints(message)).toEqual([expect.stringContaining('to server 2 took 3000 ms')]);
  });

  test('are no hint when calls overlap, or take no time', () => {
    const course = new Course();
    for (const to of [0, 2, 0, 2]) course.call(1, to)();
    const ends = [course.call(2, 0), course.call(2, 1), course.call(2, 0), course.call(2, 1)];
    course.at += 5000;
    for (const end of ends) end();
    expect(course.hints(message)).toEqual([]);
  });
});

test('restarts without saved state are one line, and only of servers that had sent a term', () => {
  const course = new Course();
  const lines = (): string[] =>
    course.hints('one(1) failed to reach agreement').filter((line) => line.includes('saved'));
  for (const server of [0, 1, 2]) course.checks.onMake(server, 0);
  course.at = 5;
  for (const server of [0, 1]) course.checks.onMake(server, 0);
  expect(lines()).toEqual([]);
  for (const server of [0, 1]) {
    course.checks.onRequestSent({
      from: server,
      to: 2,
      method: 'Raft.RequestVote',
      args: { term: 1 + server },
    });
  }
  course.at = 9;
  for (const server of [0, 1, 0, 1]) course.checks.onMake(server, 0);
  expect(lines()).toEqual([
    'servers 0, 1 were restarted (first) and found no Raft state: nothing had been saved',
  ]);
});

test('a failure shows its cause and the messages about it, with sender, term and index', async () => {
  const path = raftWith('two votes in a term');
  const { out } = await runGrade(
    'reElection',
    '--seed',
    '1',
    '--impl',
    path,
    '--trace-dir',
    '/dev/null/none',
  );
  expect(out).toContain(
    'FAILED -- ImplementationFault: One vote per term is violated: in term 6 server 0 voted for itself',
  );
  const [, events = ''] = /the last events:\n([\s\S]*?)\nfailures by/.exec(out) ?? [];
  expect(events).toMatch(/^ +\d+\.\d{3} ms {2}server 2 → server 0 RequestVote term 6, /m);
  expect(events).toMatch(
    /^ +\d+\.\d{3} ms {2}server 0 → server 2 RequestVote reply term 6, voteGranted true/m,
  );
  expect(events).not.toContain('term 1,');
});

// The language: which lines it rejects, with which error, and that messages are parsed as they are written.
import { CommandEntry, ConfigurationEntry, NoopEntry, type LogEntry } from '@raftlab/protocol';
import { describe, expect, test } from 'vitest';
import { readCommand } from '#src/read-command';
import { formatMessage, readMessage } from '#src/message-text';
import { runScenario } from '#src/run-scenario';
import { headOf, joinScenario, splitScenario } from '#src/scenario-text';
import { scenarioFiles } from './scenario-files.ts';

/** The first line of the failure of a scenario with these lines. */
function failureOf(...lines: readonly string[]): string | undefined {
  return runScenario('it.txt', lines.join('\n')).failure?.message.split('\n')[0];
}

describe('an invalid line is rejected with its place and the valid words', () => {
  test.each([
    [
      ['dance 0'],
      /^it\.txt:1: unexpected `dance` in `dance 0`; valid: `servers`, `noops`, `pre-votes`, `lease-reads`, `limit`, `server`/,
    ],
    [['servers'], /^it\.txt:1: unexpected end of the line in `servers`; valid: the number of servers/],
    [['servers 3', 'timeout x'], /^it\.txt:2: unexpected `x` in `timeout x`; valid: a server/],
    [['servers 3', 'deliver 0 1'], /valid: `->`/],
    [['servers 3', 'deliver to 1'], /valid: `quiet`/],
    [['servers 3', 'wait 0 9'], /valid: `ms`/],
    [['servers 3', 'server 0 log term 1'], /valid: `empty`, the terms of the entries/],
    [['servers 3', 'timeout 0 now'], /valid: the end of the line/],
    [['servers 3', 'expect 0 king'], /valid: `down`, `follower`, `candidate`, `leader`/],
    [['servers 3', 'send 0 -> 1 AppendEntries term 1 prev 3'], /valid: the entry before as `index\/term`/],
    [
      ['servers 3', 'send 0 -> 1 Append'],
      /valid: `PreVote`, `PreVoteReply`, `RequestVote`, `RequestVoteReply`, `AppendEntries`/,
    ],
    [['servers 3', 'expect error none'], /valid: a part of the message in double quotes/],
  ])('%j', (lines, expected) => {
    expect(failureOf(...lines)).toMatch(expected);
  });
});

test('a server may begin with the log that a transcript prints, an empty one too', () => {
  const failure = failureOf(
    'servers 3',
    'server 1 log empty',
    'expect 1 log empty',
    'timeout 0',
    'deliver all',
  );
  expect(failure).toBeUndefined();
});

describe('a command that cannot be carried out is rejected', () => {
  test.each([
    [['timeout 0'], /it\.txt:1: a scenario must begin with `servers`/],
    [['servers 10'], /10 servers; valid: 1 to 9/],
    [['servers 3 learners 3'], /there is no server 3; valid learners: 0 to 2/],
    [['servers 3 learners 1 1'], /a learner is listed twice: 1 1/],
    [['servers 1 learners 0'], /every server is a learner; at least one must vote/],
    [['servers 3 learners 2', 'timeout 2'], /server 2 is a learner and has no election timeout; use `wait`/],
    [['servers 3', 'server 3 term 1'], /there is no server 3/],
    [['servers 3', 'server 0 log 2 1'], /never decrease/],
    [['servers 3', 'server 0 log 1 2 term 1'], /later term/],
    [['servers 3', 'server 0 log 1 snapshot 2'], /covers 2 entries/],
    [['servers 3', 'timeout 0', 'server 0 term 1'], /before the first event/],
    [['servers 3', 'timeout 4'], /there is no server 4; valid: 0 to 2/],
    [['servers 3', 'heartbeat 0'], /server 0 does not lead/],
    [['servers 3', 'propose 0 x'], /server 0 does not lead/],
    [['servers 3', 'deliver 0 -> 1'], /no such message from 0 to 1; in flight: nothing/],
    [['servers 3', 'timeout 0', 'deliver 0 -> 1 number 2'], /in flight: RequestVote term 1 last 0\/0/],
    [['servers 3', 'restart 0'], /server 0 is not down/],
    [['servers 3', 'crash 0', 'timeout 0'], /server 0 is down/],
    [['servers 3', 'disk 0 done'], /server 0 has no waiting write/],
  ])('%j', (lines, expected) => {
    expect(failureOf(...lines)).toMatch(expected);
  });
});

describe('a failed check reports the expected and the found value', () => {
  test.each([
    [['expect 0 leader'], 'it.txt:3: server 0: expected role leader, found role candidate'],
    [['expect 0 term 2'], 'it.txt:3: server 0: expected term 2, found term 1'],
    [['expect 1 log 1'], 'it.txt:3: server 1: expected log 1, found log empty'],
    [['expect no message 0 -> 1'], 'it.txt:3: expected no message; in flight: RequestVote term 1 last 0/0'],
    [
      ['expect message 0 -> 1 RequestVote term 2 last 0/0'],
      'it.txt:3: expected the message `RequestVote term 2 last 0/0`; on the link: RequestVote term 1 last 0/0',
    ],
    [['expect 0 knows 1 match 1'], 'it.txt:3: server 0 does not lead, so it has no progress of server 1'],
    [['expect error "x"'], 'it.txt:3: expected an error with "x"; found: none'],
  ])('%j', (lines, expected) => {
    expect(failureOf('servers 3', 'timeout 0', ...lines)).toBe(expected);
  });

  test('a broken rule that no check expects fails the scenario, even in the last command', () => {
    const steps = ['servers 3', 'timeout 0', 'deliver 0 -> 1', 'deliver 1 -> 0'];
    const conflicting = 'send 2 -> 0 AppendEntries term 1 prev 0/0 commit 0';
    expect(failureOf(...steps, conflicting)).toMatch(
      /it\.txt:5: a server stopped, and no `expect error` follows/,
    );
    expect(failureOf(...steps, conflicting, 'timeout 1')).toMatch(/it\.txt:6: a server stopped/);
    expect(failureOf(...steps, conflicting, 'expect error "claims to lead"')).toBeUndefined();
  });

  test('a violated invariant fails the scenario, even without a check', () => {
    const failure = failureOf('servers 3', 'timeout 0', 'send 2 -> 0 RequestVoteReply term 1 granted');
    expect(failure).toBe(
      'it.txt:3: Elected by a majority is violated: server 0 leads term 1 with only the votes of 0',
    );
  });

  test('the failed command and the lines after it are unchanged', () => {
    const content = 'servers 3\ntimeout 0\nexpect 0 leader\n  left alone\ntimeout 1\n  left alone';
    const { text, failure } = runScenario('it.txt', content);
    expect(failure?.lineNumber).toBe(3);
    expect(text.startsWith('servers 3\ntimeout 0\n  0       becomes candidate in term 1\n')).toBe(true);
    expect(text.endsWith('expect 0 leader\n  left alone\ntimeout 1\n  left alone')).toBe(true);
  });
});

test('the parsed message has the text that was parsed', () => {
  const sources = {
    from: 1,
    entry: (index: number, { term, kind }: Pick<LogEntry, 'term' | 'kind'>) => {
      if (kind === 'noop') return new NoopEntry(term);
      const bytes = Uint8Array.of(index);
      return kind === 'command' ? new CommandEntry(term, bytes) : new ConfigurationEntry(term, bytes);
    },
    snapshot: (index: number, term: number) => ({
      lastIncludedIndex: index,
      lastIncludedTerm: term,
      data: Uint8Array.of(index),
    }),
    round: 1,
  };
  for (const text of [
    'RequestVote term 2 last 3/1',
    'RequestVoteReply term 2 granted',
    'RequestVoteReply term 2 refused',
    'AppendEntries term 2 prev 3/1 commit 2',
    'AppendEntries term 2 prev 3/1 entries 2 2 commit 4',
    'AppendEntries term 4 prev 3/1 entries 2:noop 2 3:configuration commit 4',
    'AppendEntriesReply term 2 match 5',
    'AppendEntriesReply term 2 refused 3 conflict 2/1',
    'InstallSnapshot term 2 last 3/1',
    'InstallSnapshot term 2 last 3/1 bytes 0 to 0 of 1',
    'InstallSnapshotReply term 2 match 3',
    'InstallSnapshotReply term 2 stored 7 of 3',
  ]) {
    expect(formatMessage(readMessage(text, sources))).toBe(text);
  }
});

test('every hand-made message of every scenario can be parsed', () => {
  const commands = scenarioFiles().flatMap(({ content }) =>
    splitScenario(content).flatMap((line) => (line.kind === 'command' ? [readCommand(line.text)] : [])),
  );
  expect(commands.filter(({ kind }) => kind === 'send').length).toBeGreaterThan(0);
});

test('joining the lines of a split file returns the file', () => {
  const content = '# title\n\nservers 3\n# why\ntimeout 0\n  first\n  second\n\nexpect 0 leader\n';
  expect(joinScenario(splitScenario(content))).toBe(content);
});

test('the comment at the beginning of a file has a title, a rule and a source', () => {
  expect(headOf('# Title\n# The rule,\n# in two lines.\n# Source: §5.1\n\nservers 3')).toEqual({
    title: 'Title',
    rule: 'The rule, in two lines.',
    source: '§5.1',
  });
});

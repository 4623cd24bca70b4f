// The log of a run: its format, the effect of the filters, and that every event of a real run has a text.
import { readFileSync } from 'node:fs';
import type { TraceEvent, TraceFile } from '@raftlab/trace';
import { logLines, type LogOptions } from '#src/log/log-lines';
import { logTopics } from '#src/log/log-topics';
import { describe, expect, test } from 'vitest';
import { runGrade } from '../command-line.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

const send = { kind: 'send', from: 0, to: 1, isReply: false, at: 1.5 } as const;
const events: readonly TraceEvent[] = [
  { kind: 'network', text: 'unreliable', at: 0 },
  { kind: 'start', server: 0, at: 0 },
  { kind: 'state', server: 0, role: 'follower', term: 0, votedFor: null, at: 0 },
  { kind: 'step', text: 'checkOneLeader', at: 1 },
  { ...send, id: 1, name: 'RequestVote', fields: { term: 1, candidateId: 0, lastLogIndex: 0 } },
  { kind: 'receive', id: 1, at: 2 },
  { ...send, id: 2, name: 'AppendEntries', fields: { term: 1, entries: 2 }, at: 3 },
  { kind: 'lose', id: 2, why: 'lost by the network', at: 3 },
  {
    kind: 'state',
    server: 1,
    log: {
      firstIndex: 4,
      terms: [
        [1, 2],
        [3, 1],
      ],
    },
    commitIndex: 5,
    at: 4,
  },
  { kind: 'apply', server: 1, index: 4, command: '"x"', at: 4 },
  { kind: 'apply', server: 1, index: 5, isNoop: true, at: 4 },
  { kind: 'failure', name: 'TestFailure', message: 'no agreement\non anything', at: 5 },
];
const trace: TraceFile = {
  format: 'raftlab-trace',
  version: 1,
  title: 'TestX: a test',
  implementation: 'raftlab',
  seed: 3,
  mode: 'virtual',
  replay: '',
  servers: 2,
  outcome: 'failed',
  droppedEvents: 0,
  events,
};

function log(options: Partial<LogOptions> = {}): string[] {
  return logLines(trace, { width: 92, hasColors: false, ...options });
}

test('the time is at the left, and events of a server are in its column', () => {
  expect(log()).toEqual([
    'TestX: a test, seed 3',
    '        ms server 0                                 server 1',
    '     0.000 the network is unreliable',
    '     0.000 starts',
    '     0.000 term 0, no vote',
    '     0.000 is follower',
    '     1.000 checkOneLeader',
    '     1.500 →1 RequestVote term 1, lastLogIndex 0',
    '     2.000                                          ←0 RequestVote',
    '     3.000 →1 AppendEntries term 1, entries 2',
    '     3.000 ✕1 AppendEntries: lost by the network',
    '     4.000                                          log 4: term 1 (2), term 3',
    '     4.000                                          commitIndex 5',
    '     4.000                                          applies 4: "x"',
    '     4.000                                          applies 5: a noop',
    '     5.000 FAILED: TestFailure: no agreement',
    '           on anything',
  ]);
});

describe('the filters', () => {
  test('can leave only some topics, without events of the whole run', () => {
    expect(log({ topics: ['vote', 'test'] }).slice(2)).toEqual([
      '     1.000 checkOneLeader',
      '     1.500 →1 RequestVote term 1, lastLogIndex 0',
      '     2.000                                          ←0 RequestVote',
      '     5.000 FAILED: TestFailure: no agreement',
      '           on anything',
    ]);
  });

  test("can leave only some servers; fields of a hidden sender's message are printed where it arrives", () => {
    expect(log({ servers: [1], topics: ['vote', 'apply'] }).slice(1)).toEqual([
      '        ms server 1',
      '     2.000 ←0 RequestVote term 1, lastLogIndex 0',
      '     4.000 applies 4: "x"',
      '     4.000 applies 5: a noop',
    ]);
  });
});

test('a narrow terminal wraps within the column, a narrower one makes long lines', () => {
  const rows = log({ width: 60, topics: ['vote'] }).slice(2);
  expect(rows).toEqual([
    '     1.500 →1 RequestVote term 1,',
    '            lastLogIndex 0',
    '     2.000                          ←0 RequestVote',
  ]);
  expect(log({ width: 10, topics: ['vote'] })).toEqual(log({ width: 52, topics: ['vote'] }));
});

test.each([1, 3, 5, 7])(
  'without a terminal, no line of %i servers is longer than 160 characters',
  (servers) => {
    const words = Array.from({ length: servers }, (_, server) => ({
      kind: 'log' as const,
      server,
      topic: 'x',
      text: 'word '.repeat(80),
      at: 1,
    }));
    const rows = logLines({ ...trace, servers, events: words }, { hasColors: false });
    const longest = Math.max(...rows.map((row) => row.length));
    expect(longest).toBeLessThanOrEqual(160);
    expect(longest).toBeGreaterThan(servers === 1 ? 40 : 120);
  },
);

test('text that an implementation writes cannot move the cursor', () => {
  const own = { kind: 'log', server: 0, topic: 'x', text: 'a\u001b[2Jb', at: 1 } as const;
  const [, , line] = logLines({ ...trace, events: [own] }, { hasColors: false });
  expect(line).toBe('     1.000 x: a [2Jb');
});

test('a command that no leader accepted is printed as refused', () => {
  const offers = [
    { kind: 'propose', server: 0, command: '"x"', index: 3, at: 1 },
    { kind: 'propose', server: 0, command: '"y"', at: 2 },
  ] as const;
  const [, , ...lines] = logLines({ ...trace, events: offers }, { hasColors: false });
  expect(lines).toEqual(['     1.000 accepts "x" at 3', '     2.000 refuses "y"']);
});

test('every event of a run has a text in some topic, and colours do not change the texts', async () => {
  const words = ['TestSnapshotInstallCrash3D', '--seed', '3', '--log', '--log-topics', logTopics.join(',')];
  const { code, out } = await runGrade(...words);
  expect(code).toBe(0);
  expect(out).not.toContain('undefined');
  expect(out).not.toContain('\u001b');
  for (const seen of [
    'crashes',
    'disconnected',
    'is leader',
    'has a snapshot up to',
    'installs',
    'nextIndex',
  ])
    expect(out).toContain(seen);
});

test('the README shows the output', async () => {
  const [, command = '', shown = ''] =
    /`npm run grade -- ([^`]* --log [^`]*)`.*?```text\n(.*?)```/s.exec(readme) ?? [];
  const { out } = await runGrade(...command.split(' '));
  expect(shown).toContain('RequestVote');
  expect(out).toContain(shown);
});

test('the log is never printed into a document on standard output', async () => {
  const { out, error } = await runGrade('initial', '--seed', '1', '--log', '--reporter', 'json');
  expect(JSON.parse(out)).toMatchObject({ version: 1 });
  expect(error).toContain('checkOneLeader');
});

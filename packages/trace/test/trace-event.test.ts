// Other programs read a recorded run: an invalid event is rejected with its place.
import { describe, expect, it, test } from 'vitest';
import { isServerEvent, traceFileSchema, type TraceEvent, type TraceFile } from '#src/trace-event';

const head: Omit<TraceFile, 'events'> = {
  format: 'raftlab-trace',
  version: 1,
  title: 'TestBasicAgree3B',
  implementation: 'raftlab',
  seed: 7,
  mode: 'virtual',
  replay: 'npm run grade -- TestBasicAgree3B --seed 7',
  servers: 3,
  outcome: 'failed',
  droppedEvents: 0,
};

const events: TraceEvent[] = [
  { at: 0, kind: 'start', server: 0 },
  { at: 0, kind: 'state', server: 0, role: 'follower', term: 0, votedFor: null, commitIndex: 0 },
  { at: 1, kind: 'cut', from: 0, to: 2 },
  {
    at: 2.5,
    kind: 'send',
    id: 1,
    from: 0,
    to: 1,
    name: 'AppendEntries',
    isReply: false,
    fields: { term: 1, entries: 2, leaderCommit: 0 },
  },
  { at: 3, kind: 'receive', id: 1 },
  { at: 3, kind: 'state', server: 1, log: { firstIndex: 1, terms: [[1, 2]] } },
  { at: 3, kind: 'apply', server: 1, index: 1, command: '"x"' },
  { at: 3, kind: 'apply', server: 1, index: 2, isNoop: true },
  { at: 4, kind: 'lose', id: 2, why: 'unreliable' },
  { at: 5, kind: 'warning', text: 'term changed even though there were no failures' },
  { at: 5, kind: 'failure', name: 'TestFailure', message: 'expected one leader, got none' },
];

describe('a trace file', () => {
  it('is read as it was written', () => {
    const file: TraceFile = { ...head, events };
    expect(traceFileSchema.parse(JSON.parse(JSON.stringify(file)))).toEqual(file);
  });

  const refused: { what: string; events: unknown[]; path: string }[] = [
    { what: 'an unknown kind', events: [{ at: 0, kind: 'melt', server: 0 }], path: 'events.0.kind' },
    { what: 'an event without a time', events: [{ kind: 'start', server: 0 }], path: 'events.0.at' },
    {
      what: 'an unknown field',
      events: [{ at: 0, kind: 'crash', server: 0, x: 1 }],
      path: 'events.0',
    },
    {
      what: 'an entry run of no length',
      events: [{ at: 0, kind: 'state', server: 0, log: { firstIndex: 1, terms: [[1, 0]] } }],
      path: 'events.0.log.terms.0.1',
    },
  ];
  it.each(refused)('with $what is rejected with its place', ({ events: bad, path }) => {
    const result = traceFileSchema.safeParse({ ...head, events: bad });
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it('with too many servers is rejected', () => {
    const result = traceFileSchema.safeParse({ ...head, servers: 1e9, events });
    expect(result.error?.issues[0]?.path).toEqual(['servers']);
  });

  it('of a later version is rejected', () => {
    const result = traceFileSchema.safeParse({ ...head, version: 2, events });
    expect(result.error?.issues[0]?.path).toEqual(['version']);
  });
});

test('events that change the state of servers are distinguished from the others', () => {
  expect(events.filter(isServerEvent).map(({ kind }) => kind)).toEqual(['start', 'state', 'cut', 'state']);
});

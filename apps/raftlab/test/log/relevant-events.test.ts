// Which events a failure shows: those of its term, or of its index.
import type { TraceEvent } from '@raftlab/trace';
import { relevantEvents } from '#src/log/relevant-events';
import { expect, test } from 'vitest';

let nextId = 0;

/** A request and, `takesMs` later, its arrival; it is lost where `why` is given. */
function message(
  at: number,
  [from, to]: readonly [number, number],
  { name, fields, why }: { name: string; fields: Record<string, number>; why?: string },
): TraceEvent[] {
  const id = nextId++;
  const end = at + 2.5;
  return [
    { kind: 'send', at, id, from, to, name, isReply: false, fields },
    why === undefined ? { kind: 'receive', at: end, id } : { kind: 'lose', at: end, id, why },
  ];
}

const vote = (at: number, link: readonly [number, number], term: number): TraceEvent[] =>
  message(at, link, { name: 'RequestVote', fields: { term, candidateId: link[0] } });
const append = (
  at: number,
  link: readonly [number, number],
  fields: { term: number; prevLogIndex: number; entries: number },
): TraceEvent[] => message(at, link, { name: 'AppendEntries', fields });

test('a failure about a term shows its votes and the first message of its leaders, with what became of them', () => {
  const events: TraceEvent[] = [
    ...vote(1, [0, 1], 1),
    ...vote(5, [1, 2], 2),
    ...message(6, [1, 0], { name: 'RequestVote', fields: { term: 2 }, why: 'the link is cut' }),
    ...append(10, [1, 2], { term: 2, prevLogIndex: 0, entries: 0 }),
    ...append(20, [1, 2], { term: 2, prevLogIndex: 0, entries: 1 }),
    { kind: 'apply', at: 21, server: 2, index: 1, command: '7' },
  ];
  expect(relevantEvents(events, 'term 2 has 2 (>1) leaders: 0, 1')).toEqual([
    '5.000 ms  server 1 → server 2 RequestVote term 2; arrives 2.5 ms later',
    '6.000 ms  server 1 → server 0 RequestVote term 2; the link is cut',
    '10.000 ms  server 1 → server 2 AppendEntries term 2, prevLogIndex 0, entries 0; arrives 2.5 ms later',
    '21.000 ms  server 2 applies 1: 7',
  ]);
});

test('a failure about an index shows the messages with that entry, and what was proposed and applied there', () => {
  const events: TraceEvent[] = [
    { kind: 'propose', at: 0, server: 0, command: '6', index: 6 },
    { kind: 'propose', at: 1, server: 0, command: '7', index: 7 },
    { kind: 'propose', at: 2, server: 0, command: '8', index: 8 },
    ...append(3, [0, 1], { term: 3, prevLogIndex: 7, entries: 2 }),
    ...append(4, [0, 1], { term: 3, prevLogIndex: 5, entries: 2 }),
    ...append(5, [0, 2], { term: 3, prevLogIndex: 2, entries: 4 }),
    ...vote(6, [1, 2], 9),
    { kind: 'apply', at: 7, server: 1, index: 7, command: '7' },
    { kind: 'apply', at: 8, server: 1, index: 8, command: '8' },
    { kind: 'failure', at: 9, name: 'TestFailure', message: 'x' },
    { kind: 'apply', at: 9, server: 2, index: 7, command: '7' },
  ];
  expect(relevantEvents(events, 'commit index=7 server=1 7 != server=2 8')).toEqual([
    '1.000 ms  server 0 accepts 7 at 7',
    // The first message of a leader shows that it leads.
    '3.000 ms  server 0 → server 1 AppendEntries term 3, prevLogIndex 7, entries 2; arrives 2.5 ms later',
    '4.000 ms  server 0 → server 1 AppendEntries term 3, prevLogIndex 5, entries 2; arrives 2.5 ms later',
    '7.000 ms  server 1 applies 7: 7',
  ]);
});

test('a command that was not agreed on is followed by its index', () => {
  const events: TraceEvent[] = [
    { kind: 'propose', at: 1, server: 0, command: '"a"', index: 4 },
    ...append(2, [0, 1], { term: 1, prevLogIndex: 0, entries: 1 }),
    ...append(3, [0, 1], { term: 1, prevLogIndex: 3, entries: 1 }),
    ...append(4, [0, 1], { term: 1, prevLogIndex: 4, entries: 1 }),
  ];
  const lines = relevantEvents(events, 'one("a") failed to reach agreement');
  expect(lines.map((line) => /^\d+/.exec(line)?.[0])).toEqual(['1', '2', '3']);
});

test('an entry that was committed too early is the last one that was proposed', () => {
  const events: TraceEvent[] = [
    { kind: 'state', at: 0, server: 1, role: 'follower', term: 1 },
    { kind: 'state', at: 1, server: 0, role: 'leader', term: 1 },
    { kind: 'propose', at: 2, server: 0, command: '"a"', index: 4 },
    { kind: 'propose', at: 3, server: 0, command: '"b"', index: 5 },
    ...append(4, [0, 1], { term: 1, prevLogIndex: 4, entries: 1 }),
    ...vote(6, [1, 2], 9),
  ];
  const lines = relevantEvents(events, '2 committed but no majority');
  expect(lines.map((line) => /^\d+/.exec(line)?.[0])).toEqual(['1', '1', '3', '4']);
});

test('of equal messages the last one is shown, with their number', () => {
  const events = [1, 2, 3].flatMap((at) => append(at, [0, 1], { term: 1, prevLogIndex: 3, entries: 1 }));
  expect(relevantEvents(events, 'only 1 decided for index 4; wanted 3')).toEqual([
    '3.000 ms  server 0 → server 1 AppendEntries term 1, prevLogIndex 3, entries 1; arrives 2.5 ms later (the last of 3 equal ones)',
  ]);
});

test('other failures show everything but heartbeats, and so do messages with other names', () => {
  const events: TraceEvent[] = [
    ...append(1, [0, 1], { term: 1, prevLogIndex: 0, entries: 0 }),
    ...append(2, [0, 1], { term: 1, prevLogIndex: 0, entries: 1 }),
    ...message(3, [0, 1], { name: 'Gossip', fields: { round: 1 } }),
  ];
  const numbers = (text: string): (string | undefined)[] =>
    relevantEvents(events, text).map((line) => /^\d+/.exec(line)?.[0]);
  expect(numbers('too many RPCs')).toEqual(['2', '3']);
  const unknown = message(1, [0, 1], { name: 'Gossip', fields: { round: 1 } });
  expect(relevantEvents(unknown, 'commit index=7')).toHaveLength(1);
});

test('there are at most 30 lines, of which at most 12 are starts, crashes and links', () => {
  const events = Array.from({ length: 100 }, (_, at): TraceEvent[] => [
    { kind: 'crash', at, server: 0 },
    ...vote(at, [0, 1], at),
  ]).flat();
  const lines = relevantEvents(events, 'expected one leader, got none');
  expect(lines).toHaveLength(30);
  expect(lines.filter((line) => line.includes('crashes'))).toHaveLength(12);
  expect(lines.at(-1)).toMatch(/^99\.000 ms {2}server 0 → server 1 RequestVote term 99/);
});

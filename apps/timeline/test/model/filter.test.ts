// Which events the filter hides, and the syntax of terms.
import { expect, test } from 'vitest';
import { formatTerms, parseTerms, filterPredicate, showAll, type Filter } from '#src/model/filter';
import { makeRun } from '#src/model/run';
import { failingStory } from '../story.ts';

const run = makeRun(failingStory());

function shown(filter: Partial<Filter>): typeof run.events {
  const passes = filterPredicate(run, { ...showAll, ...filter });
  return run.events.filter((_, offset) => passes(offset));
}

test('without a filter every event is shown', () => {
  expect(shown({})).toEqual(run.events);
});

test('a hidden server hides its events and the messages from and to it', () => {
  const passed = shown({ hiddenServers: [2] });
  expect(passed.some((event) => 'server' in event && event.server === 2)).toBe(false);
  expect(passed.some((event) => event.kind === 'send' && [event.from, event.to].includes(2))).toBe(false);
  expect(passed.some((event) => event.kind === 'send')).toBe(true);
});

test('a hidden kind of message hides its sending, arrival and loss', () => {
  const kinds = shown({ hiddenKinds: ['AppendEntries', 'RequestVote'] }).map(({ kind }) => kind);
  expect(kinds).not.toContain('send');
  expect(kinds).not.toContain('receive');
  expect(kinds).not.toContain('lose');
});

test('steps and failures are always shown', () => {
  const kinds = run.kinds.map(({ name }) => name);
  const passed = shown({ hiddenServers: [0, 1, 2], hiddenKinds: kinds, terms: { from: 99, to: 99 } });
  expect([...new Set(passed.map(({ kind }) => kind))]).toEqual(['step', 'failure']);
});

test('the term of an event is that of its message, or of its server at that time', () => {
  const passed = shown({ terms: { from: 2, to: 2 } });
  expect(passed.find((event) => event.kind === 'crash')).toBeDefined();
  expect(passed.find((event) => event.kind === 'send' && event.fields['term'] !== 2)).toBeUndefined();
  expect(passed.find((event) => event.kind === 'propose' && event.command === '"x=1"')).toBeUndefined();
});

test.each([
  ['', undefined],
  [' 5 ', { from: 5, to: 5 }],
  ['3-7', { from: 3, to: 7 }],
  ['3 – 7', { from: 3, to: 7 }],
  ['3-', { from: 3, to: Number.MAX_SAFE_INTEGER }],
  ['-7', { from: 0, to: 7 }],
])('%j is parsed and formatted', (text, terms) => {
  expect(parseTerms(text)).toEqual(terms);
  expect(parseTerms(formatTerms(terms))).toEqual(terms);
});

test.each(['x', '-', '7-3', '1.5', '3-7-9', '1-10000000000000000'])('%j is not a range of terms', (text) => {
  expect(() => parseTerms(text)).toThrow(/term/);
});

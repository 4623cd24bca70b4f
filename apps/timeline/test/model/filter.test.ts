// What the filter lets pass, and how terms are written.
import { expect, test } from 'vitest';
import { formatTerms, parseTerms, passing, showAll, type Filter } from '#src/model/filter';
import { makeRun } from '#src/model/run';
import { failingStory } from '../story.ts';

const run = makeRun(failingStory());

function shown(filter: Partial<Filter>): typeof run.events {
  const passes = passing(run, { ...showAll, ...filter });
  return run.events.filter((_, offset) => passes(offset));
}

test('without a filter everything passes', () => {
  expect(shown({})).toEqual(run.events);
});

test('a hidden server hides what concerns it, on either end of a message', () => {
  const passed = shown({ hiddenServers: [2] });
  expect(passed.some((event) => 'server' in event && event.server === 2)).toBe(false);
  expect(passed.some((event) => event.kind === 'send' && [event.from, event.to].includes(2))).toBe(false);
  expect(passed.some((event) => event.kind === 'send')).toBe(true);
});

test('a hidden kind hides sending, arrival and loss alike', () => {
  const kinds = shown({ hiddenKinds: ['AppendEntries', 'RequestVote'] }).map(({ kind }) => kind);
  expect(kinds).not.toContain('send');
  expect(kinds).not.toContain('receive');
  expect(kinds).not.toContain('lose');
});

test('steps, the network and failures pass whatever is hidden', () => {
  const kinds = run.kinds.map(({ name }) => name);
  const passed = shown({ hiddenServers: [0, 1, 2], hiddenKinds: kinds, terms: { from: 99, to: 99 } });
  expect([...new Set(passed.map(({ kind }) => kind))]).toEqual(['step', 'failure']);
});

test('terms are those of messages, or of servers at the time', () => {
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
])('the terms %j', (text, terms) => {
  expect(parseTerms(text)).toEqual(terms);
  expect(parseTerms(formatTerms(terms))).toEqual(terms);
});

test.each(['x', '-', '7-3', '1.5', '3-7-9', '1-10000000000000000'])('%j is no range of terms', (text) => {
  expect(() => parseTerms(text)).toThrow(/term/);
});

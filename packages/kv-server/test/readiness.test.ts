// When a server says that it is ready for clients.
import { expect, test } from 'vitest';
import { unreadiness } from '#src/status-document';

const ready = { life: 'running', leaderId: 1, commitIndex: 20_000, lastApplied: 20_000 } as const;

test.each([
  ['running', {}, undefined],
  ['stopping', {}, 'the server is stopping'],
  ['failed', {}, 'the server is failed'],
  ['running', { life: 'loading' }, 'the peer is loading'],
  ['running', { leaderId: null }, 'no leader is known'],
  ['running', { lastApplied: 10_000 }, undefined],
  ['running', { lastApplied: 9999 }, '10001 committed entries are not applied yet'],
] as const)('%s with %j: %s', (state, change, problem) => {
  expect(unreadiness({ state, report: { ...ready, ...change } })).toBe(problem);
});

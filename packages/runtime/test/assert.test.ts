// assert: what it throws, and when it builds its message.
import { assert, AssertionError } from '@raftlab/runtime/assert';
import { expect, test } from 'vitest';

test('a condition that holds throws nothing, and its message is not built', () => {
  let builtCount = 0;
  assert(true, () => `built ${(builtCount += 1)}`);
  expect(builtCount).toBe(0);
});

test.each([
  ['a text', 'term 3 < term 4'],
  ['a function', () => 'term 3 < term 4'],
])('a broken condition throws an AssertionError with the message given as %s', (_kind, message) => {
  const act = (): void => assert(false, message);
  expect(act).toThrow(AssertionError);
  expect(act).toThrow(expect.objectContaining({ name: 'AssertionError', message: 'term 3 < term 4' }));
});

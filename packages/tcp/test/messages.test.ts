// Raft's messages over sockets: the suite of one-way messages, and the lanes.
import { describe, expect, test } from 'vitest';
import { messageSuite } from './message-suite.ts';

describe('in the clear', () => {
  test.each(messageSuite.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    await expect(each.run({})).resolves.toBeUndefined();
  });
});

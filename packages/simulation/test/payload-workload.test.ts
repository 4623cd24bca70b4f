// Payloads of chosen sizes: a service notices each that is not what was handed over.
import { payloadWorkload } from '#src/payload-workload';
import { expect, test } from 'vitest';

const workload = payloadWorkload({ sizesBytes: [0, 3, 5, 300, 70_000], largeEvery: 1, snapshotBytes: 1000 });
const commands = [1, 2, 3, 4, 5].map((n) => workload.command(n));

test('commands have the sizes of the list, one after the other', () => {
  const sizes = commands.map((command) => (command instanceof Uint8Array ? command.length : undefined));
  expect(sizes).toEqual([3, 5, 300, 70_000, 0]);
});

test('services agree after the same commands, and after a snapshot of them', () => {
  const [first, second, third] = [
    workload.createService(),
    workload.createService(),
    workload.createService(),
  ];
  for (const [offset, command] of commands.entries()) {
    first.apply(command, { index: offset + 1, term: 1 });
    second.apply(command, { index: offset + 1, term: 1 });
  }
  third.restore(first.snapshot());
  expect(second.digest()).toBe(first.digest());
  expect(third.digest()).toBe(first.digest());
});

test.each([4, 150, 299])('a command with another byte at %s is refused', (at) => {
  const changed = workload.command(3);
  if (changed instanceof Uint8Array) changed[at] = (changed[at] ?? 0) ^ 1;
  const service = workload.createService();
  expect(() => service.apply(changed, { index: 1, term: 1 })).toThrow(
    `byte ${at} of a command of 300 bytes was changed`,
  );
});

test('a snapshot that was overwritten is refused', () => {
  const snapshot = workload.createService().snapshot();
  snapshot.fill(0xee);
  expect(() => workload.createService().restore(snapshot)).toThrow('of a snapshot of 1004 bytes was changed');
});

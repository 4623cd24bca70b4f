// The entries of the log as bytes: their form, the form before it, and bytes that are neither.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTuple } from '@raftlab/rpc';
import { logCommandCodec, type LogCommand } from '@raftlab/rsm';

const numbers = fc.oneof(
  fc.constantFrom(1, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);
const commands = fc.uint8Array({ maxLength: 40 });
const entries: fc.Arbitrary<LogCommand> = fc.oneof(
  fc.record({ kind: fc.constant('plain'), command: commands }),
  fc.record({ kind: fc.constant('open'), sessionsMax: numbers }),
  fc.record({ kind: fc.constant('session'), session: numbers, sequence: numbers, command: commands }),
  fc.constant<LogCommand>({ kind: 'barrier' }),
);

test('every entry survives, and a command of a session has few bytes more', () => {
  fc.assert(
    fc.property(entries, (entry) => {
      expect(logCommandCodec.decode(logCommandCodec.encode(entry))).toEqual(entry);
    }),
  );
  const entry = { kind: 'session', session: 5, sequence: 9, command: Uint8Array.of(7) } as const;
  expect([...logCommandCodec.encode(entry)]).toEqual([2, 5, 9, 7]);
});

test('entries of any length that are encoded one after another stay as they are', () => {
  const list = Array.from({ length: 200 }, (_, at): LogCommand => {
    const command = new Uint8Array((at * 37) % 700).fill(at);
    return { kind: 'session', session: at + 1, sequence: 1, command };
  });
  const encoded = list.map((entry) => logCommandCodec.encode(entry));
  expect(encoded.map((bytes) => logCommandCodec.decode(bytes))).toEqual(list);
});

test.each<[LogCommand, readonly unknown[]]>([
  [{ kind: 'plain', command: Uint8Array.of(1) }, [0, Uint8Array.of(1)]],
  [{ kind: 'open', sessionsMax: 300 }, [1, 300]],
  [{ kind: 'session', session: 1, sequence: 2, command: Uint8Array.of(3) }, [2, 1, 2, Uint8Array.of(3)]],
  [{ kind: 'barrier' }, [3]],
])('the first form of %j is read', (entry, tuple) => {
  expect(logCommandCodec.decode(packTuple(tuple))).toEqual(entry);
});

test.each([
  ['nothing', []],
  ['an unknown kind', [4]],
  ['a barrier with something behind it', [3, 0]],
  ['an opening without its bound', [1]],
  ['an opening with something behind it', [1, 5, 0]],
  ['a session without its sequence', [2, 5]],
  ['a number that does not end', [2, 0x85]],
  ['zero', [1, 0]],
  ['a number above 2 ** 53', [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['a number of nine bytes', [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
  ['a tuple of another kind', [0x91, 4]],
])('%s is refused', (_what, bytes) => {
  expect(() => logCommandCodec.decode(Uint8Array.from(bytes))).toThrow('cannot decode LogCommand');
});

test('a number that is no positive integer is a mistake of the caller', () => {
  for (const sequence of [0, 1.5, 2 ** 53])
    expect(() =>
      logCommandCodec.encode({ kind: 'session', session: 1, sequence, command: new Uint8Array() }),
    ).toThrow('a log entry with the number');
});

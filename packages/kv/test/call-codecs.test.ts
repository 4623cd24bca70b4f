// The codecs of the calls that a busy server answers: they accept what the schemas accept, and nothing else.
import { commandCodec, executeMethod, readMethod, resultCodec, valueLengthMax } from '@raftlab/kv';
import { CodecError, tupleCodec, type Codec } from '@raftlab/rpc';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';

const text = fc.string({ unit: 'binary', maxLength: 80 });
const version = fc.nat();
const command = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'append' as const), key: text, value: text }),
  fc.record({ kind: fc.constant('delete' as const), key: text }),
  fc.record({ kind: fc.constant('compareAndSet' as const), key: text, value: text, version }),
);
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const executeArgs = fc.record({ session: positive, sequence: positive, command });
const result = fc.record({ applied: fc.boolean(), version });
const query = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), key: text }),
  fc.record(
    {
      kind: fc.constant('range' as const),
      prefix: text,
      limit: fc.integer({ min: 1, max: 1000 }),
      after: text,
    },
    { requiredKeys: ['kind', 'prefix', 'limit'] },
  ),
);
const readArgs = fc.record({ query, level: fc.constantFrom('linearizable' as const, 'lease', 'local') });
const pairs = fc.array(fc.record({ key: text, value: text, version: positive }), { maxLength: 5 });
const answer = fc.record({ pairs, hasMore: fc.boolean() });
const refusal = fc.oneof(
  fc.record({ ok: fc.constant(false as const), refusal: fc.constantFrom('Busy' as const, 'Unknown') }),
  fc.record({
    ok: fc.constant(false as const),
    refusal: fc.constant('NotLeader' as const),
    leader: fc.nat(65_535),
  }),
);
const replyWith = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(fc.record({ ok: fc.constant(true as const), value }), refusal);

function roundTrips<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(codec.decode(codec.encode(value))).toEqual(value);
    }),
  );
}

test('every command, result, argument and reply comes back as it was', () => {
  roundTrips(commandCodec, command);
  roundTrips(resultCodec, result);
  roundTrips(executeMethod.args, executeArgs);
  roundTrips(executeMethod.reply, replyWith(result));
  roundTrips(readMethod.args, readArgs);
  roundTrips(readMethod.reply, replyWith(answer));
});

/** Bytes of any tuple. */
const anyTuple = tupleCodec('any', z.object({ tuple: z.array(z.unknown()) }), {
  toTuple: ({ tuple }) => tuple,
  fromTuple: (tuple) => ({ tuple }),
});

const codecs: ReadonlyArray<readonly [string, Codec<unknown>]> = [
  ['a command', widened(commandCodec)],
  ['a result', widened(resultCodec)],
  ['the arguments of a command', widened(executeMethod.args)],
  ['the reply to a command', widened(executeMethod.reply)],
  ['the arguments of a read', widened(readMethod.args)],
  ['the reply to a read', widened(readMethod.reply)],
];

/** A codec as one that decodes. */
function widened<T>(codec: Codec<T>): Codec<unknown> {
  return { name: codec.name, encode: () => new Uint8Array(), decode: (bytes) => codec.decode(bytes) };
}

const field = fc.oneof(fc.integer({ min: -2, max: 4 }), fc.boolean(), text, fc.constant(null), fc.double());

test.each(codecs)(
  'a tuple that is not %s is refused with a CodecError, never with another error',
  (_, codec) => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (tuple) => {
        const bytes = anyTuple.encode({ tuple });
        try {
          codec.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
    );
  },
);

test.each([
  ['a session 0', [0, 1, 0, 'k', 'v']],
  ['a sequence that is no integer', [1, 1.5, 0, 'k', 'v']],
  ['an unknown kind', [1, 1, 4, 'k', 'v']],
  ['a put without a value', [1, 1, 0, 'k']],
  ['a delete with a value', [1, 1, 2, 'k', 'v']],
  ['a compare-and-set with a negative version', [1, 1, 3, 'k', 'v', -1]],
  ['a key that is too long', [1, 1, 0, 'k'.repeat(4097), 'v']],
  ['a key that is a number', [1, 1, 0, 7, 'v']],
  ['one value too many', [1, 1, 0, 'k', 'v', 3]],
])('arguments of a command with %s are refused', (_, tuple) => {
  expect(() => executeMethod.args.decode(anyTuple.encode({ tuple }))).toThrow(CodecError);
});

test.each([
  ['an unknown level', [3, 'k']],
  ['no level', [null, 'k']],
  ['a limit of 0', [0, 'k', 0]],
  ['a limit that is too high', [0, 'k', 1001]],
])('arguments of a read with %s are refused', (_, tuple) => {
  expect(() => readMethod.args.decode(anyTuple.encode({ tuple }))).toThrow(CodecError);
});

test.each([
  ['an unknown refusal', [false, 'Tired']],
  ['a pair without a version', [true, false, 'k', 'v']],
  ['a pair of version 0', [true, false, 'k', 'v', 0]],
])('a reply to a read with %s is refused', (_, tuple) => {
  expect(() => readMethod.reply.decode(anyTuple.encode({ tuple }))).toThrow(CodecError);
});

test('a command that the servers would refuse is not encoded; the error has the path', () => {
  const args = { session: 1, sequence: 1, command: { kind: 'delete', key: 'k'.repeat(5000) } } as const;
  expect(() => executeMethod.args.encode(args)).toThrow('command.key');
  const value = 'v'.repeat(valueLengthMax + 1);
  expect(() => commandCodec.encode({ kind: 'put', key: 'k', value })).toThrow('value');
});

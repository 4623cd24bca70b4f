// Properties of all message codecs, and the size of messages on the wire.
import {
  appendEntriesArgsCodec,
  appendEntriesReplyCodec,
  CommandEntry,
  ConfigurationEntry,
  isLogEntry,
  logEntriesSchema,
  messageKinds,
  messageName,
  NoopEntry,
  raftStateCodec,
  replyTable,
  requestTable,
  requestVoteArgsCodec,
  type AppendEntriesArgs,
  type LogEntry,
  type MessageKind,
  type RaftState,
} from '@raftlab/protocol';
import { CodecError, valueCodec, type Codec } from '@raftlab/rpc';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { anyBytes, damaged, laws } from './arbitraries.ts';

/** Every byte string in a decoded value must be a plain Uint8Array that shares no memory. */
function byteStringsIn(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(byteStringsIn);
}

describe.each(laws.map((each) => [each.name, each] as const))('%s', (_name, each) => {
  test('decoding an encoded value returns the same value', () => {
    each.check((codec, values) =>
      fc.assert(
        fc.property(values, (value) => {
          expect(codec.decode(codec.encode(value))).toStrictEqual(value);
        }),
      ),
    );
  });

  test('encoded bytes share no memory with the value, and decoded values none with the bytes', () => {
    each.check((codec, values) =>
      fc.assert(
        fc.property(fc.clone(values, 2), fc.boolean(), ([value, original], isBuffer) => {
          const encoded = codec.encode(value);
          for (const part of byteStringsIn(value)) part.fill(0xee);
          const received = isBuffer ? Buffer.from(encoded) : new Uint8Array(encoded);
          const decoded = codec.decode(received);
          expect(received).toEqual(isBuffer ? Buffer.from(encoded) : encoded);
          received.fill(0xee);
          expect(decoded).toStrictEqual(original);
          for (const part of byteStringsIn(decoded)) expect(part.constructor).toBe(Uint8Array);
        }),
      ),
    );
  });

  test('any bytes are decoded to a value that can be encoded again, or rejected with a CodecError', () => {
    each.check((codec, values) =>
      fc.assert(
        fc.property(fc.oneof(anyBytes, damaged(values.map((value) => codec.encode(value)))), (given) => {
          const decoded = decodeOrRefuse(() => codec.decode(given));
          const again = decoded === undefined ? undefined : codec.decode(codec.encode(decoded));
          expect(again).toEqual(normalized(decoded));
        }),
        { numRuns: 700 },
      ),
    );
  });

  test('every truncation and every extension is rejected', () => {
    each.check((codec, values) =>
      fc.assert(
        fc.property(values, (value) => {
          const encoded = codec.encode(value);
          for (let length = 0; length < encoded.length; length += 1) {
            expect(() => codec.decode(encoded.subarray(0, length))).toThrow(CodecError);
          }
          expect(() => codec.decode(Uint8Array.from([...encoded, 0]))).toThrow(CodecError);
        }),
        { numRuns: 20 },
      ),
    );
  });
});

function decodeOrRefuse<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof CodecError && error.action === 'decode' && error.message !== '') return undefined;
    throw error;
  }
}

/** With 0 instead of -0, which unusual bytes may contain. */
function normalized(value: unknown): unknown {
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(normalized);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, normalized(field)]));
}

describe('the error for an invalid field has its name', () => {
  const uint64 = [0xcf, 0, 0x40, 0, 0, 0, 0, 0, 0];
  test.each<[what: string, codec: Codec<unknown>, bytes: number[], where: string]>([
    ['a term above 2^53 - 1', requestVoteArgsCodec, [0x95, 2, ...uint64, 1, 2, 3], 'at term:'],
    [
      'a small term with 64 bits',
      requestVoteArgsCodec,
      [0x95, 2, 0xcf, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3],
      'at term:',
    ],
    ['an index above 2^53 - 1', requestVoteArgsCodec, [0x95, 2, 1, 1, ...uint64, 3], 'at lastLogIndex:'],
    ['a term of 1.5', requestVoteArgsCodec, [0x95, 2, 0xca, 0x3f, 0xc0, 0, 0, 1, 2, 3], 'at term:'],
    ['a server below 0', requestVoteArgsCodec, [0x95, 2, 1, 0xff, 2, 3], 'at candidateId:'],
    ['a server above 65535', requestVoteArgsCodec, [0x95, 2, 1, 0xce, 0, 1, 0, 0, 2, 3], 'at candidateId:'],
    ['a date for a term', requestVoteArgsCodec, [0x95, 2, 0xd6, 0xff, 0, 0, 0, 1, 1, 2, 3], 'at term:'],
    ['C1 for a term', requestVoteArgsCodec, [0x95, 2, 0xc1, 1, 2, 3], 'at term:'],
    [
      'an entry with such a term',
      appendEntriesArgsCodec,
      [0x99, 2, 1, 1, 1, 1, 1, 1, ...uint64, 0xc4, 0],
      'at entries:',
    ],
    ['an entry without a command', appendEntriesArgsCodec, [0x98, 2, 1, 1, 1, 1, 1, 1, 7], 'at entries:'],
    [
      'a text as a command',
      appendEntriesArgsCodec,
      [0x99, 2, 1, 1, 1, 1, 1, 1, 7, 0xa1, 0x61],
      'at entries:',
    ],
    [
      'a tuple that is too short',
      appendEntriesReplyCodec,
      [0x93, 2, 0xc3, 2],
      'a tuple of 3 values has the wrong length',
    ],
    [
      'an acceptance with the length of a refusal',
      appendEntriesReplyCodec,
      [0x97, 2, 0xc3, 2, 3, 4, 5, 6],
      'a tuple of 7 values has the wrong length',
    ],
    [
      'a refusal with the length of an acceptance',
      appendEntriesReplyCodec,
      [0x95, 2, 0xc2, 2, 3, 4],
      'a tuple of 5 values has the wrong length',
    ],
    ['a reply that neither accepts nor refuses', appendEntriesReplyCodec, [0x94, 2, 1, 2, 3], 'at success:'],
    ['a number instead of a tuple', requestVoteArgsCodec, [7], 'the bytes are not a tuple'],
    ['a map instead of a tuple', requestVoteArgsCodec, [0x81, 0xa1, 0x61, 1], 'the bytes are not a tuple'],
    ['no bytes at all', requestVoteArgsCodec, [], '(0 bytes)'],
    ['a voter that is not a server', raftStateCodec, [0x94, 1, 0xff, 0, 0], 'at hardState.votedFor:'],
    ['a raft state without entries but with damage', raftStateCodec, [0x95, 1, 1, 0, 0, 1], 'at entries:'],
  ])('%s', (_what, codec, given, where) => {
    expect(() => codec.decode(Uint8Array.from(given))).toThrow(CodecError);
    expect(() => codec.decode(Uint8Array.from(given))).toThrow(where);
  });
});

describe('a raft state is rejected', () => {
  const command = new Uint8Array(1);
  const state: RaftState = {
    hardState: { currentTerm: 5, votedFor: null },
    lastIncludedIndex: 3,
    lastIncludedTerm: 2,
    entries: [new CommandEntry(2, command), new NoopEntry(4), new ConfigurationEntry(5, command)],
  };
  test.each<[what: string, state: RaftState]>([
    ['if terms decrease', { ...state, entries: [new CommandEntry(4, command), new NoopEntry(3)] }],
    ['if terms decrease after the snapshot', { ...state, entries: [new CommandEntry(1, command)] }],
    ['if an entry has a later term than currentTerm', { ...state, entries: [new NoopEntry(6)] }],
    ['if the snapshot has a later term than currentTerm', { ...state, lastIncludedTerm: 6, entries: [] }],
  ])('%s', (_what, wrong) => {
    expect(raftStateCodec.decode(raftStateCodec.encode(state))).toEqual(state);
    expect(() => raftStateCodec.decode(raftStateCodec.encode(wrong))).toThrow(
      'the terms of the entries decrease, or exceed',
    );
  });
});

// The check of a list is hand-written, because that is 15 times as fast. This is the schema that it replaces.
describe('isLogEntry', () => {
  const term = z.int().min(0);
  const bytes = z.instanceof(Uint8Array);
  const satisfies = (fields: z.ZodType) => (entry: LogEntry) => fields.safeParse(entry).success;
  const schema = z.union([
    z.instanceof(CommandEntry).refine(satisfies(z.object({ term, command: bytes }))),
    z.instanceof(NoopEntry).refine(satisfies(z.object({ term }))),
    z.instanceof(ConfigurationEntry).refine(satisfies(z.object({ term, configuration: bytes }))),
  ]);
  const field = fc.oneof(
    fc.anything(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.uint8Array(),
    fc.constantFrom(-1, 0, -0, 1.5, 2 ** 53, NaN, undefined, null),
  );
  const fields = fc.oneof(
    fc.record({ term: field, payload: field }),
    fc.record({ term: fc.nat(), payload: fc.uint8Array() }),
  );
  const empty = new Uint8Array(0);
  const inputs = fc.oneof(
    fc.anything(),
    fields.map(({ term: t, payload }) => ({ kind: 'command', term: t, command: payload })),
    fields.map(({ term: t, payload }) =>
      Object.assign(new CommandEntry(0, empty), { term: t, command: payload }),
    ),
    fields.map(({ term: t }) => Object.assign(new NoopEntry(0), { term: t })),
    fields.map(({ term: t, payload }) =>
      Object.assign(new ConfigurationEntry(0, empty), { term: t, configuration: payload }),
    ),
  );

  test('agrees with the schema that it replaces, for any value', () => {
    let acceptedCount = 0;
    fc.assert(
      fc.property(inputs, (input) => {
        expect(isLogEntry(input)).toBe(schema.safeParse(input).success);
        acceptedCount += isLogEntry(input) ? 1 : 0;
      }),
      { numRuns: 5000 },
    );
    expect(acceptedCount).toBeGreaterThan(500);
  });

  test('a list is valid if and only if it is an array and every entry is valid', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(inputs), fc.anything()), (input) => {
        expect(logEntriesSchema.safeParse(input).success).toBe(z.array(schema).safeParse(input).success);
      }),
      { numRuns: 1000 },
    );
  });
});

describe.each(messageKinds.map((kind) => [messageName(kind), codecOf(kind)] as const))(
  'the wire version of %s',
  (_name, codec) => {
    const odd = valueCodec('odd', z.unknown());

    test.each([3, 4, 2 ** 40])(
      '%d is later than this program supports, and is rejected with that reason',
      (version) => {
        for (const rest of [[], [1, 2], [true, 1, 2, 3, 4, 5, 6, 7]]) {
          const bytes = odd.encode([version, ...rest]);
          expect(() => codec.decode(bytes)).toThrow(CodecError);
          expect(() => codec.decode(bytes)).toThrow(`at version: the message has wire version ${version}`);
        }
      },
    );

    test.each([[0], [1], [-1], [null], [true], ['1'], [undefined]])('%j is none', (version) => {
      const bytes = odd.encode(version === undefined ? [] : [version, 1, 2, 3, 4, 5]);
      expect(() => codec.decode(bytes)).toThrow('at version: expected wire version 2');
    });
  },
);

function codecOf(kind: MessageKind): Codec<unknown> {
  return { ...requestTable, ...replyTable }[kind].codec;
}

describe('on the wire', () => {
  test.each([0, 1, 4, 5, 10, 100, 1000])('AppendEntries with %d commands of 16 bytes', (entryCount) => {
    const { length } = appendEntriesArgsCodec.encode(appendEntries(entryCount, 16));
    expect(length).toBe((entryCount <= 4 ? 22 : 24) + 21 * entryCount);
  });

  test('in the first hundred terms a message is even smaller', () => {
    const early = {
      ...appendEntries(1, 16),
      term: 3,
      prevLogTerm: 3,
      prevLogIndex: 90,
      leaderCommit: 90,
      round: 9,
    };
    const entries = [new CommandEntry(3, new Uint8Array(16))];
    expect(appendEntriesArgsCodec.encode({ ...early, entries }).length).toBe(8 + 19);
  });

  test('a noop takes its term and one byte', () => {
    const { length } = appendEntriesArgsCodec.encode({
      ...appendEntries(0, 0),
      entries: [new NoopEntry(1000)],
    });
    expect(length).toBe(22 + 3 + 1);
  });

  test('there are no field names', () => {
    for (const each of laws) {
      each.check((codec, values) => {
        for (const value of fc.sample(values, 10)) {
          const text = Buffer.from(codec.encode(value)).toString('latin1');
          for (const name of Object.keys(Object(value))) expect(text).not.toContain(name);
        }
      });
    }
  });
});

function appendEntries(entryCount: number, sizeBytes: number): AppendEntriesArgs {
  return {
    term: 1000,
    leaderId: 4,
    prevLogIndex: 100_000,
    prevLogTerm: 1000,
    leaderCommit: 100_000,
    round: 1000,
    entries: Array.from({ length: entryCount }, () => new CommandEntry(1000, new Uint8Array(sizeBytes))),
  };
}

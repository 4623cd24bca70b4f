// Random messages, values and bytes, for the property tests.
import * as protocol from '@raftlab/protocol';
import type { Codec } from '@raftlab/rpc';
import { CommandEntry, ConfigurationEntry, NoopEntry, type LogEntry } from '@raftlab/protocol';
import * as fc from 'fast-check';

/** Integers of every size on the wire. */
export const count: fc.Arbitrary<number> = fc.oneof(
  fc.nat(300),
  fc.nat(70_000),
  fc.maxSafeNat(),
  fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
export const serverId: fc.Arbitrary<number> = fc.oneof(fc.nat(10), fc.nat(0xffff));
export const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 250, maxLength: 260 }),
);
/** Plain objects only: decoding creates no others. */
function record<T>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}
/** Mostly commands, as in a real log. */
const entryOfTerm: fc.Arbitrary<(term: number) => LogEntry> = fc.oneof(
  { weight: 4, arbitrary: bytes.map((command) => (term: number) => new CommandEntry(term, command)) },
  fc.constant((term: number) => new NoopEntry(term)),
  bytes.map((configuration) => (term: number) => new ConfigurationEntry(term, configuration)),
);
export const entry: fc.Arbitrary<LogEntry> = fc
  .tuple(count, entryOfTerm)
  .map(([term, withTerm]) => withTerm(term));
export const entries: fc.Arbitrary<LogEntry[]> = fc.oneof(
  fc.array(entry, { maxLength: 8 }),
  fc.array(entry, { minLength: 14, maxLength: 18, size: 'max' }),
);

/** A raft state with terms in order, as decoding requires. */
export const raftState: fc.Arbitrary<protocol.RaftState> = fc
  .record({
    terms: fc.array(count, { minLength: 2, maxLength: 20 }),
    votedFor: fc.option(serverId),
    lastIncludedIndex: count,
    contents: fc.array(entryOfTerm, { minLength: 20, maxLength: 20 }),
  })
  .map(({ terms, votedFor, lastIncludedIndex, contents }) => {
    const sorted = terms.toSorted((a, b) => a - b);
    const [lastIncludedTerm = 0, ...rest] = sorted;
    const [currentTerm = 0] = sorted.slice(-1);
    return {
      hardState: { currentTerm, votedFor },
      lastIncludedIndex,
      lastIncludedTerm,
      entries: rest.slice(0, -1).map((term, offset) => contents[offset]?.(term) ?? new NoopEntry(term)),
    };
  });

/** A codec, and values for it. */
export interface Law {
  readonly name: string;
  check(property: <T>(codec: Codec<T>, values: fc.Arbitrary<T>) => void): void;
}

function law<T>(codec: Codec<T>, values: fc.Arbitrary<T>): Law {
  return { name: codec.name, check: (property) => property(codec, values) };
}

export const laws: readonly Law[] = [
  law(
    protocol.requestVoteArgsCodec,
    fc.oneof(
      record({ term: count, candidateId: serverId, lastLogIndex: count, lastLogTerm: count }),
      record({
        term: count,
        candidateId: serverId,
        lastLogIndex: count,
        lastLogTerm: count,
        isTransfer: fc.constant(true as const),
      }),
    ),
  ),
  law(
    protocol.preVoteArgsCodec,
    record({
      term: count.map((term) => Math.max(term, 1)),
      candidateId: serverId,
      lastLogIndex: count,
      lastLogTerm: count,
    }),
  ),
  law(protocol.preVoteReplyCodec, record({ term: count, voteGranted: fc.boolean() })),
  law(protocol.requestVoteReplyCodec, record({ term: count, voteGranted: fc.boolean() })),
  law(
    protocol.appendEntriesArgsCodec,
    record({
      term: count,
      leaderId: serverId,
      prevLogIndex: count,
      prevLogTerm: count,
      entries,
      leaderCommit: count,
      round: count,
    }),
  ),
  law(
    protocol.appendEntriesReplyCodec,
    fc.oneof(
      record({ term: count, success: fc.constant(true as const), matchIndex: count, round: count }),
      record({
        term: count,
        success: fc.constant(false as const),
        prevLogIndex: count,
        conflictTerm: count,
        conflictIndex: count,
        round: count,
      }),
    ),
  ),
  law(
    protocol.installSnapshotArgsCodec,
    record({
      term: count,
      leaderId: serverId,
      lastIncludedIndex: count,
      lastIncludedTerm: count,
      sizeBytes: count,
      offset: fc.nat(300),
      data: bytes,
      round: count,
    }).map((args) => ({ ...args, sizeBytes: Math.max(args.sizeBytes, args.offset + args.data.length) })),
  ),
  law(
    protocol.installSnapshotReplyCodec,
    record({ term: count, matchIndex: count, lastIncludedIndex: count, offset: count, round: count }),
  ),
  law(
    protocol.confirmLeaderArgsCodec,
    record({ term: count, leaderId: serverId, round: count.map((round) => Math.max(round, 1)) }),
  ),
  law(protocol.confirmLeaderReplyCodec, record({ term: count, round: count })),
  law(protocol.readIndexArgsCodec, record({ term: count, readerId: serverId, readId: count })),
  law(protocol.readIndexReplyCodec, record({ term: count, readId: count, readIndex: count })),
  law(protocol.timeoutNowArgsCodec, record({ term: count, leaderId: serverId })),
  law(protocol.timeoutNowReplyCodec, record({ term: count })),
  law(protocol.raftStateCodec, raftState),
];

/** The first bytes of msgpack's unusual values, and the types of msgpackr's extensions. */
const notableTokens = [
  0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xcf, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xdb, 0xdd, 0xdf, 0x00, 0x42, 0x62,
  0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff,
];

/** Valid bytes that were truncated, extended, or changed in some bytes or bits. */
export function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = record({
    kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'remove'),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    value: fc.oneof(fc.nat(255), fc.constantFrom(...notableTokens)),
  });
  return fc.tuple(valid, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([original, edits]) => {
    let list = [...original];
    for (const { kind, place, value } of edits) {
      const offset = Math.floor(place * list.length);
      if (kind === 'flip') list[offset] = (list[offset] ?? 0) ^ (1 << (value & 7));
      if (kind === 'set') list[offset] = value;
      if (kind === 'cut') list = list.slice(0, offset);
      if (kind === 'insert') list.splice(offset, 0, value);
      if (kind === 'remove') list.splice(offset, 1);
    }
    return Uint8Array.from(list);
  });
}

export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .array(fc.oneof(fc.nat(255), fc.constantFrom(...notableTokens), fc.integer({ min: 0x80, max: 0x9f })), {
      maxLength: 60,
    })
    .map((list) => Uint8Array.from(list)),
);

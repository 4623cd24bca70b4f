// Tuples of entries are written and read without msgpackr. The bytes must be the same as msgpackr's.
import {
  appendEntriesArgsCodec,
  CommandEntry,
  ConfigurationEntry,
  entrySizeBytes,
  NoopEntry,
  payloadOf,
  readEntryAt,
  wireVersion,
  writeEntry,
  type AppendEntriesArgs,
  type LogEntry,
} from '@raftlab/protocol';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { expect, test } from 'vitest';

const packr = new Packr({ useRecords: false, variableMapSize: true });

const integer = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffff_ffff, 2 ** 32, 2 ** 53 - 1),
);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom(0, 255, 256, 9000, 65_535, 65_536)
    .map((length) => new Uint8Array(length).fill(length % 251)),
);
const entry: fc.Arbitrary<LogEntry> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(integer, payload).map(([term, bytes]) => new CommandEntry(term, bytes)) },
  integer.map((term) => new NoopEntry(term)),
  fc.tuple(integer, payload).map(([term, bytes]) => new ConfigurationEntry(term, bytes)),
);
const messages: fc.Arbitrary<AppendEntriesArgs> = fc.record({
  term: integer,
  leaderId: fc.nat(0xffff),
  prevLogIndex: integer,
  prevLogTerm: integer,
  entries: fc.array(entry, { maxLength: 20 }),
  leaderCommit: integer,
  round: integer,
});

function packed({
  term,
  leaderId,
  prevLogIndex,
  prevLogTerm,
  entries,
  leaderCommit,
  round,
}: AppendEntriesArgs) {
  const flat = entries.flatMap((each) => [each.term, packedPayload(each)]);
  return new Uint8Array(
    packr.pack([wireVersion, term, leaderId, prevLogIndex, prevLogTerm, leaderCommit, round, ...flat]),
  );
}

function packedPayload(given: LogEntry): unknown {
  if (given.kind === 'command') return given.command;
  return given.kind === 'noop' ? null : [given.configuration];
}

/** Compares byte by byte, which for long arrays is much faster than `toEqual`. */
function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

test('the written bytes equal those of msgpackr', () => {
  fc.assert(
    fc.property(messages, (args) => {
      expect(areSame(appendEntriesArgsCodec.encode(args), packed(args))).toBe(true);
    }),
  );
});

test('bytes of msgpackr can be read', () => {
  fc.assert(
    fc.property(messages, (args) => {
      const decoded = appendEntriesArgsCodec.decode(packed(args));
      expect({ ...decoded, entries: [] }).toEqual({ ...args, entries: [] });
      expect(decoded.entries.map(({ kind }) => kind)).toEqual(args.entries.map(({ kind }) => kind));
      expect(decoded.entries.map(({ term }) => term)).toEqual(args.entries.map(({ term }) => term));
      expect(areSame(packed(decoded), packed(args))).toBe(true);
    }),
  );
});

test('the same for so many entries that the header is longer', () => {
  const entries = Array.from({ length: 40_000 }, () => new CommandEntry(1, Uint8Array.of(7)));
  const args = { term: 1, leaderId: 0, prevLogIndex: 0, prevLogTerm: 0, entries, leaderCommit: 0, round: 1 };
  expect(areSame(appendEntriesArgsCodec.encode(args), packed(args))).toBe(true);
  const decoded = appendEntriesArgsCodec.decode(packed(args));
  expect(decoded.entries).toHaveLength(40_000);
  expect(areSame(packed(decoded), packed(args))).toBe(true);
});

test('the computed size of an entry is the size of its bytes', () => {
  const empty = {
    term: 1,
    leaderId: 0,
    prevLogIndex: 0,
    prevLogTerm: 0,
    entries: [],
    leaderCommit: 0,
    round: 1,
  };
  fc.assert(
    fc.property(entry, (given) => {
      const added = packed({ ...empty, entries: [given] }).length - packed(empty).length;
      expect(entrySizeBytes(given)).toBe(added);
    }),
  );
});

test('an entry in the middle is found by its offset, with its term and its end', () => {
  fc.assert(
    fc.property(entry, fc.nat(20), (given, at) => {
      const bytes = new Uint8Array(at + entrySizeBytes(given) + 1);
      const end = writeEntry(bytes, at, given);
      expect(end).toBe(at + entrySizeBytes(given));
      expect(readEntryAt(bytes, at)).toEqual({ term: given.term, end });
    }),
  );
});

test('a command that is kept does not keep a long message in memory', () => {
  const entries = Array.from({ length: 5000 }, () => new CommandEntry(1, new Uint8Array(100)));
  const args = { term: 1, leaderId: 0, prevLogIndex: 0, prevLogTerm: 0, entries, leaderCommit: 0, round: 1 };
  const decoded = appendEntriesArgsCodec.decode(appendEntriesArgsCodec.encode(args));
  const largest = Math.max(...decoded.entries.map((each) => payloadOf(each).buffer.byteLength));
  expect(largest).toBeLessThan(20_000);
});

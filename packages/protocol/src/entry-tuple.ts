// Tuples that end with log entries: a head of numbers, then two values per entry, its term and its payload, without an
// array header per entry. The payload also determines the kind of the entry, because a command is always a byte string:
//
//   command         its bytes
//   noop            null
//   configuration   an array of one byte string
//
// The tuples are msgpack like all others. A busy leader spends most of its time writing and reading them, so this file writes
// and reads the bytes itself; msgpackr, which supports all of msgpack, reads tuples in any other encoding.
import type { z } from 'zod';
import { unpackTuple, validate, type Codec } from '@raftlab/rpc';
import { CommandEntry, ConfigurationEntry, NoopEntry, type LogEntry, type Term } from './log-entry.ts';
import {
  byteStringSizeBytes,
  integerSizeBytes,
  nullSizeBytes,
  tupleHeaderSizeBytes,
  TupleReader,
  writeByteString,
  writeInteger,
  writeNull,
  writeTupleHeader,
  wrong,
} from './tuple-bytes.ts';

/** The values before the entries: non-negative integers, or null. */
export type TupleHead = ReadonlyArray<number | null>;

/**
 * A codec for objects with a head of fixed length and a list of entries. `decode` checks every field with the schema, unless `quick`
 * has returned the value: it returns what the schema accepts, and undefined for everything else.
 */
export function entryTupleCodec<T extends object>(
  name: string,
  schema: z.ZodType<T>,
  shape: {
    readonly headLength: number;
    readonly headOf: (value: T) => TupleHead;
    readonly entriesOf: (value: T) => readonly LogEntry[];
    readonly join: (head: readonly unknown[], entries: readonly unknown[]) => unknown;
    readonly quick?: (head: TupleHead, entries: readonly LogEntry[]) => T | undefined;
  },
): Codec<T> {
  const { headLength, headOf, entriesOf, join, quick } = shape;
  return {
    name,
    encode: (value) => writeTuple(headOf(value), entriesOf(value)),
    decode(bytes) {
      const read = readTuple(bytes, headLength);
      const value = read && quick?.(read.head, read.entries);
      if (value !== undefined) return value;
      const { head, entries } = read ?? takeApart(unpackTuple(name, bytes), headLength);
      return validate('decode', name, schema, join(head, entries));
    },
  };
}

/** A value that is not an entry stays in the list unchanged, as does an odd one at the end: the schema rejects them. */
function takeApart(tuple: readonly unknown[], headLength: number): { head: unknown[]; entries: unknown[] } {
  const entries: unknown[] = [];
  for (let at = headLength; at < tuple.length; at += 2) entries.push(entryOf(tuple[at], tuple[at + 1]));
  return { head: tuple.slice(0, headLength), entries };
}

function entryOf(term: unknown, payload: unknown): unknown {
  if (typeof term !== 'number') return term;
  if (payload === null) return new NoopEntry(term);
  if (payload instanceof Uint8Array) return new CommandEntry(term, payload);
  if (!Array.isArray(payload) || payload.length !== 1) return payload;
  const [configuration]: unknown[] = payload;
  return configuration instanceof Uint8Array ? new ConfigurationEntry(term, configuration) : payload;
}

// ---- writing ----

/** The size of an entry in a tuple, in bytes. */
export function entrySizeBytes(entry: LogEntry): number {
  const termSizeBytes = integerSizeBytes(entry.term);
  switch (entry.kind) {
    case 'command':
      return termSizeBytes + byteStringSizeBytes(entry.command.length);
    case 'noop':
      return termSizeBytes + nullSizeBytes;
    case 'configuration':
      return termSizeBytes + tupleHeaderSizeBytes(1) + byteStringSizeBytes(entry.configuration.length);
  }
}

/** Writes one entry at the offset `at`. Returns the offset after it. */
export function writeEntry(bytes: Uint8Array, at: number, entry: LogEntry): number {
  const afterTerm = writeInteger(bytes, at, entry.term);
  switch (entry.kind) {
    case 'command':
      return writeByteString(bytes, afterTerm, entry.command);
    case 'noop':
      return writeNull(bytes, afterTerm);
    case 'configuration':
      return writeByteString(bytes, writeTupleHeader(bytes, afterTerm, 1), entry.configuration);
  }
}

function writeTuple(head: TupleHead, entries: readonly LogEntry[]): Uint8Array {
  let sizeBytes = 0;
  for (const entry of entries) sizeBytes += entrySizeBytes(entry);
  const { bytes, end } = writeHead(head, { count: entries.length, sizeBytes });
  let at = end;
  for (const entry of entries) at = writeEntry(bytes, at, entry);
  return bytes;
}

/** The whole tuple, from entries that `writeEntry` wrote earlier; `parts` contain `entryCount` of them. */
export function joinTuple(
  head: TupleHead,
  { entryCount, parts }: { entryCount: number; parts: readonly Uint8Array[] },
): Uint8Array {
  let sizeBytes = 0;
  for (const part of parts) sizeBytes += part.length;
  const { bytes, end } = writeHead(head, { count: entryCount, sizeBytes });
  let at = end;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A tuple without its entries, with room for them from `end` on. */
function writeHead(
  head: TupleHead,
  entries: { readonly count: number; readonly sizeBytes: number },
): { bytes: Uint8Array; end: number } {
  const valueCount = head.length + 2 * entries.count;
  let sizeBytes = tupleHeaderSizeBytes(valueCount) + entries.sizeBytes;
  for (const value of head) sizeBytes += value === null ? nullSizeBytes : integerSizeBytes(value);
  const bytes = new Uint8Array(sizeBytes);
  let end = writeTupleHeader(bytes, 0, valueCount);
  for (const value of head) {
    end = value === null ? writeNull(bytes, end) : writeInteger(bytes, end, value);
  }
  return { bytes, end };
}

// ---- reading ----

/**
 * Decoded commands are views of pages of about this size, each a copy of a part of the message. A buffer of its own would
 * double the memory of a short command; one page for the whole message would be kept in memory by a single command.
 */
const pageSizeBytes = 8 * 1024;

/** Undefined if the bytes are not in the form that `writeTuple` writes. */
function readTuple(
  bytes: Uint8Array,
  headLength: number,
): { head: Array<number | null>; entries: LogEntry[] } | undefined {
  const reader = new TupleReader(bytes);
  const entryCount = (reader.tupleHeader() - headLength) / 2;
  if (!(entryCount >= 0 && Number.isInteger(entryCount))) return undefined;
  const head: Array<number | null> = [];
  while (head.length < headLength) {
    const value = reader.skipNull() ? null : reader.integer();
    if (value === wrong) return undefined;
    head.push(value);
  }
  const entries: LogEntry[] = [];
  let page = new Uint8Array(0);
  let pageStart = 0;
  for (let read = 0; read < entryCount; read += 1) {
    const term = reader.integer();
    if (term === wrong) return undefined;
    if (reader.skipNull()) {
      entries.push(new NoopEntry(term));
      continue;
    }
    const isConfiguration = reader.skipTupleOfOne();
    const length = reader.byteStringHeader();
    const start = reader.at;
    const end = start + length;
    if (length === wrong || end > bytes.length) return undefined;
    if (end > pageStart + page.length) {
      pageStart = start;
      page = copyOf(bytes, start, Math.max(end, Math.min(start + pageSizeBytes, bytes.length)));
    }
    const isAlone = length === page.length;
    const payload = isAlone ? page : new Uint8Array(page.buffer, start - pageStart, length);
    entries.push(isConfiguration ? new ConfigurationEntry(term, payload) : new CommandEntry(term, payload));
    reader.at = end;
  }
  return reader.at === bytes.length ? { head, entries } : undefined;
}

function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** The term of the entry that `writeEntry` wrote at the offset `at`, and the offset after the entry. */
export function readEntryAt(bytes: Uint8Array, at: number): { term: Term; end: number } {
  const reader = new TupleReader(bytes, at);
  const term = reader.integer();
  if (reader.skipNull()) return { term, end: reader.at };
  reader.skipTupleOfOne();
  const length = reader.byteStringHeader();
  return { term, end: reader.at + length };
}

// Tuples that end in log entries: some numbers, then term and command by turns, without an array header for each. They are
// msgpack like every other tuple, but a busy leader does little else than write and read these, so the bytes that all
// peers write are written and read here; whatever looks different is left to msgpackr, which knows all of the format.
import type { z } from 'zod';
import { unpackTuple, validate, type Codec } from '@raftlab/rpc';
import type { LogEntry, Term } from './log-entry.ts';
import {
  byteStringSizeBytes,
  integerSizeBytes,
  tupleHeaderSizeBytes,
  TupleReader,
  writeByteString,
  writeInteger,
  writeNull,
  writeTupleHeader,
  wrong,
} from './tuple-bytes.ts';

/** What stands before the entries: non-negative integers, or null. */
export type TupleHead = ReadonlyArray<number | null>;

/** A codec for objects that are a head of fixed length and a list of entries. `decode` checks every field by the schema. */
export function entryTupleCodec<T extends object>(
  name: string,
  schema: z.ZodType<T>,
  shape: {
    readonly headLength: number;
    readonly headOf: (value: T) => TupleHead;
    readonly entriesOf: (value: T) => readonly LogEntry[];
    readonly join: (head: readonly unknown[], entries: readonly unknown[]) => unknown;
  },
): Codec<T> {
  const { headLength, headOf, entriesOf, join } = shape;
  return {
    name,
    encode: (value) => writeTuple(headOf(value), entriesOf(value)),
    decode(bytes) {
      const { head, entries } =
        readTuple(bytes, headLength) ?? takeApart(unpackTuple(name, bytes), headLength);
      return validate('decode', name, schema, join(head, entries));
    },
  };
}

/** An odd rest is left as it is, for the schema to refuse. */
function takeApart(tuple: readonly unknown[], headLength: number): { head: unknown[]; entries: unknown[] } {
  const entries: unknown[] = [];
  for (let at = headLength; at < tuple.length; at += 2) {
    entries.push({ term: tuple[at], command: tuple[at + 1] });
  }
  return { head: tuple.slice(0, headLength), entries };
}

// ---- writing ----

/** What one entry takes. */
export function entrySizeBytes({ term, command }: LogEntry): number {
  return integerSizeBytes(term) + byteStringSizeBytes(command.length);
}

/** Writes one entry at the offset `at`, and gives the offset after it. */
export function writeEntry(bytes: Uint8Array, at: number, { term, command }: LogEntry): number {
  return writeByteString(bytes, writeInteger(bytes, at, term), command);
}

function writeTuple(head: TupleHead, entries: readonly LogEntry[]): Uint8Array {
  let sizeBytes = 0;
  for (const entry of entries) sizeBytes += entrySizeBytes(entry);
  const { bytes, end } = writeHead(head, { count: entries.length, sizeBytes });
  let at = end;
  for (const entry of entries) at = writeEntry(bytes, at, entry);
  return bytes;
}

/** The whole tuple, of entries that were written before; `parts` hold `entryCount` of them. */
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

/** A tuple that still lacks its entries, for which there is room from `end` on. */
function writeHead(
  head: TupleHead,
  entries: { readonly count: number; readonly sizeBytes: number },
): { bytes: Uint8Array; end: number } {
  const valueCount = head.length + 2 * entries.count;
  let sizeBytes = tupleHeaderSizeBytes(valueCount) + entries.sizeBytes;
  for (const value of head) sizeBytes += value === null ? 1 : integerSizeBytes(value);
  const bytes = new Uint8Array(sizeBytes);
  let end = writeTupleHeader(bytes, 0, valueCount);
  for (const value of head) {
    end = value === null ? writeNull(bytes, end) : writeInteger(bytes, end, value);
  }
  return { bytes, end };
}

// ---- reading ----

/**
 * Decoded commands are parts of pages of about this size, which hold nothing but a copy of the message: by themselves
 * short ones would take twice the memory, and with a page for the whole message a single one that is kept would keep all.
 */
const pageSizeBytes = 8 * 1024;

/** Undefined when anything is not as `writeTuple` writes it. */
function readTuple(
  bytes: Uint8Array,
  headLength: number,
): { head: Array<number | null>; entries: LogEntry[] } | undefined {
  const reader = new TupleReader(bytes);
  const entryCount = (reader.tupleHeader() - headLength) / 2;
  if (!(entryCount >= 0 && Number.isInteger(entryCount))) return undefined;
  const head: Array<number | null> = [];
  while (head.length < headLength) {
    const value = reader.isNull() ? null : reader.integer();
    if (value === wrong) return undefined;
    head.push(value);
  }
  const entries: LogEntry[] = [];
  let page = new Uint8Array(0);
  let pageStart = 0;
  for (let read = 0; read < entryCount; read += 1) {
    const term = reader.integer();
    const length = reader.byteStringHeader();
    const start = reader.at;
    const end = start + length;
    if (term === wrong || length === wrong || end > bytes.length) return undefined;
    if (end > pageStart + page.length) {
      pageStart = start;
      page = copyOf(bytes, start, Math.max(end, Math.min(start + pageSizeBytes, bytes.length)));
    }
    const isAlone = length === page.length;
    const command = isAlone ? page : new Uint8Array(page.buffer, start - pageStart, length);
    entries.push({ term, command });
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
  const length = reader.byteStringHeader();
  return { term, end: reader.at + length };
}

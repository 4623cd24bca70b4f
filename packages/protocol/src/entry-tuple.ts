// Tuples that end in log entries: some numbers, then term and command by turns, without an array header for each. They are
// msgpack like every other tuple, but a busy leader does little else than write and read these, so the bytes that all
// peers write are written and read here; whatever looks different is left to msgpackr, which knows all of the format.
import type { z } from 'zod';
import { packTuple, unpackTuple, validate, type Codec } from './codec.ts';
import type { LogEntry } from './log-entry.ts';

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
    encode(value) {
      const head = headOf(value);
      const entries = entriesOf(value);
      return writeTuple(head, entries) ?? packTuple([...head, ...entries.flatMap(valuesOf)]);
    },
    decode(bytes) {
      const { head, entries } =
        readTuple(bytes, headLength) ?? takeApart(unpackTuple(name, bytes), headLength);
      return validate(name, schema, join(head, entries));
    },
  };
}

const valuesOf = ({ term, command }: LogEntry): readonly unknown[] => [term, command];

/** An odd rest is left as it is, for the schema to refuse. */
function takeApart(tuple: readonly unknown[], headLength: number): { head: unknown[]; entries: unknown[] } {
  const entries: unknown[] = [];
  for (let at = headLength; at < tuple.length; at += 2) {
    entries.push({ term: tuple[at], command: tuple[at + 1] });
  }
  return { head: tuple.slice(0, headLength), entries };
}

// ---- sizes ----

/** The largest integer that is written in whole bytes here; msgpack has doubles and 64-bit integers for larger ones. */
const largestInteger = 0xffff_ffff;

/** What a non-negative integer takes on the wire. */
export function integerSizeBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  if (value < 0x10000) return 3;
  return value <= largestInteger ? 5 : 9;
}

/** What one entry takes on the wire. */
export function entrySizeBytes({ term, command }: LogEntry): number {
  const { length } = command;
  return integerSizeBytes(term) + (length < 0x100 ? 2 : length < 0x10000 ? 3 : 5) + length;
}

/** What stands before the values of a tuple. */
export function tupleHeaderSizeBytes(valueCount: number): number {
  if (valueCount < 0x10) return 1;
  return valueCount < 0x10000 ? 3 : 5;
}

// ---- writing ----

/** Undefined when a number is too large to be written here. */
function writeTuple(head: TupleHead, entries: readonly LogEntry[]): Uint8Array | undefined {
  const valueCount = head.length + 2 * entries.length;
  let sizeBytes = tupleHeaderSizeBytes(valueCount);
  for (const value of head) {
    if (value !== null && value > largestInteger) return undefined;
    sizeBytes += value === null ? 1 : integerSizeBytes(value);
  }
  for (const entry of entries) {
    if (entry.term > largestInteger) return undefined;
    sizeBytes += entrySizeBytes(entry);
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = writeTupleHeader(bytes, 0, valueCount);
  for (const value of head) {
    if (value === null) bytes[at++] = 0xc0;
    else at = writeInteger(bytes, at, value);
  }
  for (const { term, command } of entries) {
    at = writeCommand(bytes, writeInteger(bytes, at, term), command);
  }
  return bytes;
}

function writeTupleHeader(bytes: Uint8Array, at: number, valueCount: number): number {
  if (valueCount < 0x10) {
    bytes[at] = 0x90 | valueCount;
    return at + 1;
  }
  return valueCount < 0x10000 ? write16(bytes, at, 0xdc, valueCount) : write32(bytes, at, 0xdd, valueCount);
}

function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    bytes[at] = value;
    return at + 1;
  }
  if (value < 0x100) return write8(bytes, at, 0xcc, value);
  return value < 0x10000 ? write16(bytes, at, 0xcd, value) : write32(bytes, at, 0xce, value);
}

function writeCommand(bytes: Uint8Array, start: number, command: Uint8Array): number {
  const { length } = command;
  let at: number;
  if (length < 0x100) at = write8(bytes, start, 0xc4, length);
  else at = length < 0x10000 ? write16(bytes, start, 0xc5, length) : write32(bytes, start, 0xc6, length);
  // For a few bytes a call of `set` costs more than they do.
  if (length > 32) bytes.set(command, at);
  else for (let offset = 0; offset < length; offset += 1) bytes[at + offset] = command[offset] ?? 0;
  return at + length;
}

function write8(bytes: Uint8Array, at: number, code: number, value: number): number {
  bytes[at] = code;
  bytes[at + 1] = value;
  return at + 2;
}

function write16(bytes: Uint8Array, at: number, code: number, value: number): number {
  bytes[at] = code;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
  return at + 3;
}

function write32(bytes: Uint8Array, at: number, code: number, value: number): number {
  bytes[at] = code;
  bytes[at + 1] = value >>> 24;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 8;
  bytes[at + 4] = value;
  return at + 5;
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
  const reader = new Reader(bytes);
  const entryCount = (reader.tupleLength() - headLength) / 2;
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
    const length = reader.commandLength();
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

/** What the reader answers for bytes that are not what was asked for. */
const wrong = -1;

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  tupleLength(): number {
    const code = this.#number(1);
    if ((code & 0xf0) === 0x90) return code & 0xf;
    if (code === 0xdc) return this.#number(2);
    return code === 0xdd ? this.#number(4) : wrong;
  }

  /** Steps over a null; false, and stays, when there is something else. */
  isNull(): boolean {
    const isNull = this.#bytes[this.at] === 0xc0;
    if (isNull) this.at += 1;
    return isNull;
  }

  integer(): number {
    const code = this.#number(1);
    if (code < 0x80) return code;
    if (code === 0xcc) return this.#number(1);
    if (code === 0xcd) return this.#number(2);
    return code === 0xce ? this.#number(4) : wrong;
  }

  commandLength(): number {
    const code = this.#number(1);
    if (code === 0xc4) return this.#number(1);
    if (code === 0xc5) return this.#number(2);
    return code === 0xc6 ? this.#number(4) : wrong;
  }

  #number(sizeBytes: number): number {
    const bytes = this.#bytes;
    const end = this.at + sizeBytes;
    if (end > bytes.length) return wrong;
    let value = 0;
    while (this.at < end) value = value * 0x100 + (bytes[this.at++] ?? 0);
    return value;
  }
}

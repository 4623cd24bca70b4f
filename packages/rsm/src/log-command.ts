// What the log carries: the service's commands, with the session that they belong to, and entries of the machinery itself.
import { CodecError, tupleCodec, type Codec } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { z } from 'zod';

/** Names a session: the index of the log entry that opened it, so that no two sessions of a log have the same. */
export type SessionId = number;

/** One command of a session: numbers count up from 1, and a command that is sent again keeps its number. */
export interface SessionPoint {
  /** As `openSession` returned it. */
  readonly session: SessionId;
  /** A positive integer, greater than those of the commands before. */
  readonly sequence: number;
}

/** One entry of the log of a replicated state machine. The service's command is encoded. */
export type LogCommand =
  /** A command outside all sessions: executed as often as it is committed. */
  | { readonly kind: 'plain'; readonly command: Uint8Array }
  /** Opens a session. The bound is in the entry, so that eviction depends on nothing but the log. */
  | { readonly kind: 'open'; readonly sessionsMax: number }
  /** A command that is executed once, however often it is committed. */
  | ({ readonly kind: 'session'; readonly command: Uint8Array } & SessionPoint)
  /** Changes nothing: a read waits for it. */
  | { readonly kind: 'barrier' };

const bytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);
const count: z.ZodInt = z.int().min(1);

const logCommandSchema: z.ZodType<LogCommand> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('plain'), command: bytes }),
  z.strictObject({ kind: z.literal('open'), sessionsMax: count }),
  z.strictObject({ kind: z.literal('session'), session: count, sequence: count, command: bytes }),
  z.strictObject({ kind: z.literal('barrier') }),
]);

const name = 'LogCommand';

/** The first form: a msgpack array that begins with the number of the kind. Read, and not written any more. */
const firstCodec: Codec<LogCommand> = tupleCodec(name, logCommandSchema, {
  toTuple: () => [],
  fromTuple([kind, ...rest]) {
    if (kind === 0 && rest.length === 1) return { kind: 'plain', command: rest[0] };
    if (kind === 1 && rest.length === 1) return { kind: 'open', sessionsMax: rest[0] };
    if (kind === 2 && rest.length === 3)
      return { kind: 'session', session: rest[0], sequence: rest[1], command: rest[2] };
    return kind === 3 && rest.length === 0 ? { kind: 'barrier' } : undefined;
  },
});

/** The first byte of each kind. A msgpack array begins with a byte of 0x90 or more. */
const codes = { plain: 0, open: 1, session: 2, barrier: 3 } as const satisfies Record<
  LogCommand['kind'],
  number
>;
const arrayMark = 0x90;

/**
 * Log entries as bytes, by hand, since a leader encodes one for each command and every server decodes it: the number of the kind, the
 * numbers of the entry in groups of seven bits, the lowest first, and the command. A decoded command shares memory with the bytes.
 */
export const logCommandCodec: Codec<LogCommand> = {
  name,
  encode(entry) {
    switch (entry.kind) {
      case 'plain':
        return write(codes.plain, [], entry.command);
      case 'open':
        return write(codes.open, [entry.sessionsMax], noBytes);
      case 'session':
        return write(codes.session, [entry.session, entry.sequence], entry.command);
      case 'barrier':
        return Uint8Array.of(codes.barrier);
    }
  },
  decode(source) {
    if ((source[0] ?? 0) >= arrayMark) return firstCodec.decode(source);
    return read(source);
  },
};

const noBytes = new Uint8Array(0);
/** Of a number up to 2 ** 53, in groups of seven bits. */
const numberMaxBytes = 8;

const pageSizeBytes = 8 * 1024;
/** Longer entries have memory of their own, so that little of a page is left over. */
const longestInPageBytes = 512;

function write(code: number, numbers: readonly number[], command: Uint8Array): Uint8Array {
  let at = 1;
  for (const number of numbers) at += sizeOf(number);
  const target = roomFor(at + command.length);
  target.set(command, at);
  target[0] = code;
  at = 1;
  for (const number of numbers) {
    let rest = number;
    for (; rest >= 0x80; at += 1) {
      target[at] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    target[at] = rest;
    at += 1;
  }
  assert(at === target.length - command.length, 'the numbers end where the command begins');
  return target;
}

/** Short entries lie one after another in a page: to allocate memory for each would cost more than the rest of its encoding. */
let page = new Uint8Array(0);
let pageUsedBytes = 0;

/** Returns bytes that no other entry uses. */
function roomFor(sizeBytes: number): Uint8Array {
  if (sizeBytes > longestInPageBytes) return new Uint8Array(sizeBytes);
  if (pageUsedBytes + sizeBytes > page.length) {
    page = new Uint8Array(pageSizeBytes);
    pageUsedBytes = 0;
  }
  const start = pageUsedBytes;
  pageUsedBytes += sizeBytes;
  assert(pageUsedBytes <= page.length, 'an entry exceeds its page');
  return new Uint8Array(page.buffer, start, sizeBytes);
}

function sizeOf(number: number): number {
  assert(Number.isSafeInteger(number) && number >= 1, () => `a log entry with the number ${number}`);
  let sizeBytes = 1;
  for (let rest = number; rest >= 0x80; rest = Math.floor(rest / 0x80)) sizeBytes += 1;
  return sizeBytes;
}

function read(source: Uint8Array): LogCommand {
  const reader = new EntryReader(source);
  switch (source[0]) {
    case codes.plain:
      return { kind: 'plain', command: reader.rest() };
    case codes.open:
      return reader.atEnd({ kind: 'open', sessionsMax: reader.number() });
    case codes.session:
      return {
        kind: 'session',
        session: reader.number(),
        sequence: reader.number(),
        command: reader.rest(),
      };
    case codes.barrier:
      return reader.atEnd({ kind: 'barrier' });
    case undefined:
    default:
      throw wrong(`no entry begins with the byte ${source[0] ?? 'of none'}`);
  }
}

/** Reads what is behind the first byte of an entry. */
class EntryReader {
  readonly #source: Uint8Array;
  #at = 1;

  constructor(source: Uint8Array) {
    this.#source = source;
  }

  /** A positive integer. */
  number(): number {
    let number = 0;
    let unit = 1;
    for (let size = 0; size < numberMaxBytes; size += 1) {
      const byte = this.#source[this.#at] ?? noByte;
      this.#at += 1;
      number += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (!(Number.isSafeInteger(number) && number >= 1)) break;
        return number;
      }
      if (byte === noByte) break;
      unit *= 0x80;
    }
    throw wrong('a number is missing, zero or too large');
  }

  rest(): Uint8Array {
    assert(this.#at <= this.#source.length, 'the numbers before it were there');
    return this.#source.subarray(this.#at);
  }

  atEnd<Entry>(entry: Entry): Entry {
    if (this.#at !== this.#source.length) throw wrong(`${this.#source.length - this.#at} bytes are too many`);
    return entry;
  }
}

/** Stands for a byte behind the end. */
const noByte = 0x100;

function wrong(what: string): CodecError {
  return new CodecError('decode', name, [], what);
}

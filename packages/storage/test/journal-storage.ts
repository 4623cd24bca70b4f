// The smallest storage that can be damaged: every batch is a record after the earlier ones, in memory. The stored state is the
// result of applyBatch for the records, so it tests the suite and applyBatch against each other.
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { CommandEntry, ConfigurationEntry, NoopEntry, type LogEntry } from '@raftlab/protocol';
import {
  applyBatch,
  CorruptStateError,
  nothingStored,
  StorageInUseError,
  UnusableError,
  type Storage,
  type StoredState,
  type WriteBatch,
} from '@raftlab/storage';
import type { StorageFactory } from '@raftlab/storage/compliance';

/** Size of the payload, CRC32 of these four bytes, CRC32 of the payload. */
const headerSizeBytes = 12;

interface Payload {
  readonly batch: WriteBatch;
  readonly kinds: readonly LogEntry['kind'][];
}

/** The content of the medium. */
export interface Journal {
  bytes: Buffer;
}

export class JournalStorage implements Storage {
  readonly journal: Journal;
  /** The effect of a batch; a test may use a wrong one. */
  readonly apply: typeof applyBatch;
  failsNext = false;
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #isClosed = false;

  constructor(journal: Journal = { bytes: Buffer.alloc(0) }, apply: typeof applyBatch = applyBatch) {
    this.journal = journal;
    this.apply = apply;
  }

  async load(): Promise<StoredState | undefined> {
    if (this.#isClosed) throw new UnusableError('load');
    const { batches, end } = this.readAll();
    this.journal.bytes = this.journal.bytes.subarray(0, end);
    return batches.length === 0 ? undefined : batches.reduce(this.apply, nothingStored);
  }

  write(batch: WriteBatch): Promise<void> {
    if (this.#isClosed) return Promise.reject(new UnusableError('write'));
    const written = this.#last.then(() => {
      if (this.#failure !== undefined) throw new UnusableError('write', { cause: this.#failure });
      if (Object.keys(batch).length > 0) this.append(batch);
    });
    this.#last = written.catch((error: unknown) => (this.#failure ??= error));
    return written;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  /** Throws after half of the record was written, if that was requested. */
  append(batch: WriteBatch): void {
    const record = encode(batch);
    const half = record.subarray(0, record.length / 2);
    this.journal.bytes = Buffer.concat([this.journal.bytes, this.failsNext ? half : record]);
    if (this.failsNext) throw new Error('the medium is full');
  }

  readAll(): { batches: WriteBatch[]; end: number } {
    const { bytes } = this.journal;
    const batches: WriteBatch[] = [];
    let at = 0;
    for (;;) {
      const end = endOfRecord(bytes, at);
      if (end === undefined || end > bytes.length) return { batches, end: at };
      batches.push(decode(bytes.subarray(at, end)));
      at = end;
    }
  }
}

/** Undefined if there is no complete header. */
function endOfRecord(bytes: Buffer, at: number): number | undefined {
  if (at + headerSizeBytes > bytes.length) return undefined;
  if (crc32(bytes.subarray(at, at + 4)) !== bytes.readUInt32BE(at + 4)) throw altered(at);
  return at + headerSizeBytes + bytes.readUInt32BE(at);
}

function encode(batch: WriteBatch): Buffer {
  const kinds = (batch.log?.entries ?? []).map(({ kind }) => kind);
  const payload = serialize({ batch, kinds });
  const header = Buffer.alloc(headerSizeBytes);
  header.writeUInt32BE(payload.length);
  header.writeUInt32BE(crc32(header.subarray(0, 4)), 4);
  header.writeUInt32BE(crc32(payload), 8);
  return Buffer.concat([header, payload]);
}

function decode(record: Buffer): WriteBatch {
  const payload = record.subarray(headerSizeBytes);
  if (crc32(payload) !== record.readUInt32BE(8)) throw altered(record.byteOffset);
  const { batch, kinds }: Payload = deserialize(Buffer.from(payload));
  if (batch.log === undefined) return batch;
  const { firstIndex, entries } = batch.log;
  return { ...batch, log: { firstIndex, entries: entries.map((each, at) => withKind(each, kinds[at])) } };
}

/** An entry as v8 returns it has its fields, but not its class. */
function withKind(plain: LogEntry, kind: LogEntry['kind'] | undefined): LogEntry {
  if (kind === 'noop') return new NoopEntry(plain.term);
  const bytes: unknown = Reflect.get(plain, kind === 'command' ? 'command' : 'configuration');
  if (!(bytes instanceof Uint8Array)) throw new Error(`an entry of kind ${kind} without bytes`);
  const copy = new Uint8Array(bytes);
  return kind === 'command' ? new CommandEntry(plain.term, copy) : new ConfigurationEntry(plain.term, copy);
}

function altered(at: number): CorruptStateError {
  return new CorruptStateError(`the record at offset ${at} was altered`);
}

/** A factory of such storages, or of a subclass that breaks a rule. */
export function journalFactory(
  make: (journal?: Journal) => JournalStorage = (journal) => new JournalStorage(journal),
): StorageFactory {
  const left = (storage: Storage, change: (bytes: Buffer) => Buffer = (bytes) => bytes): Storage =>
    make({ bytes: change(Buffer.from(asJournal(storage).journal.bytes)) });
  return {
    create: () => make(),
    crash: (storage) => left(storage),
    openAgain(storage) {
      if (!asJournal(storage).isClosed) throw new StorageInUseError();
      return left(storage);
    },
    damage: {
      cutTail: (storage, portion) =>
        left(storage, (bytes) => bytes.subarray(0, Math.floor(portion * bytes.length))),
      flipBit: (storage, place) =>
        left(storage, (bytes) => {
          const bit = Math.floor(place * bytes.length * 8);
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          return bytes;
        }),
      failNextWrite: (storage) => {
        asJournal(storage).failsNext = true;
      },
    },
  };
}

function asJournal(storage: Storage): JournalStorage {
  if (!(storage instanceof JournalStorage)) throw new TypeError('not a storage of this factory');
  return storage;
}

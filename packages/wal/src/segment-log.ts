// The segments of a log: where records are appended, where the next segment begins, and which can be removed.
import type { LogIndex } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { checkpointCodec, formatVersion, type Checkpoint } from './checkpoint.ts';
import { segmentName, spareName } from './file-names.ts';
import { writeFully, type File, type FileSystem } from './file-system.ts';
import { encodeRecord, sectorsForPayload } from './record.ts';
import type { Segment } from './recovery.ts';
import { sectorSizeBytes } from './sectors.ts';

/** What the writer of the log knows at the beginning of a segment. */
export type CheckpointContent = Pick<Checkpoint, 'isWritten' | 'snapshot' | 'outline'>;

export interface SegmentLogOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly segmentSizeBytes: number;
}

const zeros = new Uint8Array(1024 * 1024);

export class SegmentLog {
  readonly #options: SegmentLogOptions;
  /** In order; the last one is written to. */
  #segments: Segment[];
  #chain: number;
  /** Of the last segment; undefined before the first. */
  #file: File | undefined;
  /** The last segment has room for so many sectors. */
  #capacitySectors = 0;
  /** A file of zeros for the next segment is made in the background: its size in sectors, or 0 when that failed. */
  #spare: Promise<number> | undefined;
  #isClosed = false;

  private constructor(options: SegmentLogOptions, segments: readonly Segment[], chain: number) {
    assert(
      options.segmentSizeBytes >= sectorSizeBytes,
      () => `segments of ${options.segmentSizeBytes} bytes`,
    );
    this.#options = options;
    this.#segments = [...segments];
    this.#chain = chain;
  }

  /** A log without segments, which becomes a log with the first one. */
  static async create(options: SegmentLogOptions, content: CheckpointContent): Promise<SegmentLog> {
    const log = new SegmentLog(options, [], 0);
    await log.#beginSegment(content, 0);
    return log;
  }

  /** The log that was found; what is behind its last record must be zeros. */
  static async resume(
    options: SegmentLogOptions,
    { segments, chain }: { readonly segments: readonly Segment[]; readonly chain: number },
  ): Promise<SegmentLog> {
    assert(segments.length > 0, 'a log that was found has a segment');
    const log = new SegmentLog(options, segments, chain);
    log.#file = await options.fileSystem.open(log.#pathOf(log.#last), 'durable');
    log.#capacitySectors = log.#segmentSectors;
    return log;
  }

  /** The position behind the last record. */
  get end(): number {
    return this.#last.base + this.#last.sectorCount;
  }

  /**
   * Appends a record of batches, durably. `lastEntryIndex` is the highest index of an entry in it, 0 without one; `content` is what
   * the records before it lead to, for the case that a segment begins. When it fails, the log must not be used any more.
   */
  async append(
    payload: Uint8Array,
    lastEntryIndex: LogIndex,
    content: () => CheckpointContent,
  ): Promise<void> {
    assert(payload.length > 0, 'a record of batches has a batch');
    const sectorCount = sectorsForPayload(payload.length);
    if (this.#last.sectorCount + sectorCount > this.#capacitySectors) {
      await this.#beginSegment(content(), sectorCount);
    }
    await this.#write('batches', payload);
    const last = this.#last;
    assert(last.sectorCount <= this.#capacitySectors, 'the record does not fit into its segment');
    this.#segments[this.#segments.length - 1] = {
      ...last,
      lastEntryIndex: Math.max(last.lastEntryIndex, lastEntryIndex),
    };
    if (this.#spare === undefined && 2 * last.sectorCount > this.#segmentSectors)
      this.#spare = this.#makeSpare();
  }

  /**
   * Takes the segments out of the log all of whose entries a durable snapshot covers, and returns their files, which can be
   * removed: the checkpoint of the next segment has everything else that was in them. The last segment always stays.
   */
  takeCovered(lastIncludedIndex: LogIndex): string[] {
    const firstKept = this.#segments.findIndex(
      ({ lastEntryIndex }, at) => lastEntryIndex > lastIncludedIndex || at === this.#segments.length - 1,
    );
    assert(firstKept >= 0, 'the last segment always stays');
    return this.#segments.splice(0, firstKept).map((segment) => this.#pathOf(segment));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#spare;
    await this.#file?.close();
    this.#file = undefined;
  }

  get #last(): Segment {
    const last = this.#segments.at(-1);
    assert(last !== undefined, 'a log has a segment');
    return last;
  }

  get #segmentSectors(): number {
    return Math.ceil(this.#options.segmentSizeBytes / sectorSizeBytes);
  }

  #pathOf({ number }: Pick<Segment, 'number'>): string {
    return `${this.#options.directory}/${segmentName(number)}`;
  }

  /** Writes a record behind the last one of the last segment. */
  async #write(kind: 'checkpoint' | 'batches', payload: Uint8Array): Promise<void> {
    const last = this.#last;
    assert(this.#file !== undefined && !this.#isClosed, 'a closed log is not written');
    const record = encodeRecord(kind, this.end, { payload, chain: this.#chain });
    await writeFully(this.#file, record.sectors, last.sectorCount * sectorSizeBytes);
    assert(this.#last === last, 'two records were written at once');
    this.#chain = record.checksum;
    const sectorCount = last.sectorCount + record.sectors.length / sectorSizeBytes;
    this.#segments[this.#segments.length - 1] = { ...last, sectorCount, recordCount: last.recordCount + 1 };
  }

  /** Begins a segment with room for a record of so many sectors. It has its name when its checkpoint is durable. */
  async #beginSegment(content: CheckpointContent, roomSectors: number): Promise<void> {
    assert(roomSectors >= 0, () => `room for ${roomSectors} sectors`);
    const { fileSystem, directory } = this.#options;
    const previous = this.#segments.at(-1);
    const number = (previous?.number ?? 0) + 1;
    const payload = checkpointCodec.encode({
      version: formatVersion,
      segment: number,
      chain: this.#chain,
      ...content,
    });
    const capacity = Math.max(this.#segmentSectors, sectorsForPayload(payload.length) + roomSectors);
    if (((await this.#spare) ?? 0) < capacity) await this.#fillSpare(capacity);
    this.#spare = undefined;
    const spare = `${directory}/${spareName}`;
    const before = this.#file;
    this.#file = await fileSystem.open(spare, 'durable');
    await before?.close();
    const base = previous === undefined ? 0 : this.end;
    this.#segments.push({ number, base, lastEntryIndex: 0, recordCount: 0, sectorCount: 0 });
    this.#capacitySectors = capacity;
    this.#chain = 0;
    await this.#write('checkpoint', payload);
    await fileSystem.rename(spare, this.#pathOf({ number }));
    await fileSystem.syncDirectory(directory);
  }

  /** In the background: its failure is no error, since it is tried again when the segment is needed. */
  async #makeSpare(): Promise<number> {
    const capacity = this.#segmentSectors;
    try {
      await this.#fillSpare(capacity);
      return capacity;
    } catch {
      return 0;
    }
  }

  /** Zeros that are on the medium already: a record that is written over them changes nothing but its own sectors. */
  async #fillSpare(capacitySectors: number): Promise<void> {
    assert(capacitySectors >= 1, () => `a segment of ${capacitySectors} sectors`);
    const { fileSystem, directory } = this.#options;
    const file = await fileSystem.open(`${directory}/${spareName}`, 'create');
    try {
      const sizeBytes = capacitySectors * sectorSizeBytes;
      for (let at = 0; at < sizeBytes && !this.#isClosed; at += zeros.length) {
        await writeFully(file, zeros.subarray(0, sizeBytes - at), at);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

// Reads the segments of a directory, and says what they contain and what a crash has left in them. Changes nothing.
import { CodecError } from '@raftlab/rpc';
import { BatchError, CorruptStateError } from '@raftlab/storage';
import type { LogIndex } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { checkpointCodec, type Checkpoint } from './checkpoint.ts';
import {
  identityName,
  isSnapshotName,
  isTemporary,
  lockName,
  segmentName,
  segmentNumberOf,
  snapshotName,
} from './file-names.ts';
import type { FileSystem } from './file-system.ts';
import { Replay } from './replay.ts';
import { sectorSizeBytes } from './sectors.ts';
import { SegmentReader, type FoundRecord, type RecordsEnd } from './segment-reader.ts';
import { decodeBatches, lastEntryIndexOf } from './stored-batch.ts';

/** A segment, as far as it is known without reading it again. */
export interface Segment {
  readonly number: number;
  /** The position of its first sector. */
  readonly base: number;
  /** The highest index that an entry in it has; 0 without one. */
  readonly lastEntryIndex: LogIndex;
  readonly recordCount: number;
  /** How many sectors its records take. */
  readonly sectorCount: number;
}

/** What a directory contains. */
export interface Recovered {
  /** What the last records lead to. */
  readonly replay: Replay;
  /** In order, without gaps; at least one. New records go behind those of the last. */
  readonly segments: readonly Segment[];
  /** The checksum of the last record. */
  readonly chain: number;
  /** Behind the records of the last segment: what a write that was cut off by a crash has left there. */
  readonly torn: { readonly sector: number; readonly endSector: number } | undefined;
  /** Files that nothing refers to: of writes that were cut off, and of removals that were. */
  readonly leftovers: readonly string[];
}

/**
 * Reads a directory. Throws CorruptStateError, with file and offset, when it is not certain that every acknowledged batch was
 * found. `onSegment` is called with each segment that was read without damage.
 */
export async function recover(
  fileSystem: FileSystem,
  directory: string,
  onSegment?: (segment: Segment) => void,
): Promise<Recovered> {
  const names = await fileSystem.list(directory);
  const numbers = lastRun(names);
  const segments: Segment[] = [];
  let replay: Replay | undefined;
  let before: { segment: Segment; chain: number } | undefined;
  let torn: Recovered['torn'];
  for (const number of numbers) {
    const isLast = number === numbers.at(-1);
    const scan = new SegmentScan(fileSystem, directory, number);
    const result = await scan.run({ before, replay, isLast });
    replay = result.replay;
    before = { segment: result.segment, chain: result.chain };
    torn = result.torn;
    segments.push(result.segment);
    onSegment?.(result.segment);
  }
  if (replay === undefined || before === undefined) {
    throw new CorruptStateError(
      `${directory} has the identity of a server, but no segment of its log. Restore the directory from a copy, or replace the ` +
        `server by a new one.`,
      { file: directory },
    );
  }
  assert(segments.length === numbers.length, 'a segment was not read');
  checkNothingIsMissing(replay, `${directory}/${segmentName(segments[0]?.number ?? 0)}`);
  return { replay, segments, chain: before.chain, torn, leftovers: leftoversOf(names, numbers, replay) };
}

/** The numbers up to the last one that follow each other. Removed segments may have come back before them, with gaps. */
function lastRun(names: readonly string[]): number[] {
  const numbers = names.flatMap((name) => segmentNumberOf(name) ?? []).toSorted((a, b) => a - b);
  const firstOfRun = numbers.findLastIndex((number, at) => numbers[at - 1] !== number - 1);
  const run = numbers.slice(Math.max(0, firstOfRun));
  assert((run.at(-1) ?? 0) - (run[0] ?? 1) === run.length - 1, 'the segments have a gap');
  return run;
}

function checkNothingIsMissing({ missingCount, outline }: Replay, file: string): void {
  assert(missingCount >= 0, () => `${missingCount} entries are missing`);
  if (missingCount === 0) return;
  const first = outline.lastIncludedIndex + 1;
  throw new CorruptStateError(
    `The entries ${first} to ${first + missingCount - 1} are in a segment before ${file}, which is missing. Restore the directory from a copy, ` +
      `or replace the server by a new one.`,
    { file, offset: 0 },
  );
}

function leftoversOf(names: readonly string[], numbers: readonly number[], { snapshot }: Replay): string[] {
  const used = new Set([lockName, identityName, ...numbers.map(segmentName)]);
  if (snapshot !== undefined) used.add(snapshotName(snapshot.id));
  const isOurs = (name: string): boolean =>
    isTemporary(name) || isSnapshotName(name) || segmentNumberOf(name) !== undefined;
  return names.filter((name) => isOurs(name) && !used.has(name));
}

interface ScanContext {
  readonly before: { readonly segment: Segment; readonly chain: number } | undefined;
  readonly replay: Replay | undefined;
  readonly isLast: boolean;
}

/** The reading of one segment. */
class SegmentScan {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #number: number;

  constructor(fileSystem: FileSystem, directory: string, number: number) {
    this.#fileSystem = fileSystem;
    this.#path = `${directory}/${segmentName(number)}`;
    this.#number = number;
  }

  async run({ before, replay: earlier, isLast }: ScanContext) {
    const file = await this.#fileSystem.open(this.#path, 'read');
    try {
      const base = before && before.segment.base + before.segment.sectorCount;
      const reader = new SegmentReader(file, base);
      const first = await reader.next();
      const checkpoint = this.#checkpoint(first, before);
      const replay = earlier ?? new Replay(checkpoint);
      const counts = { lastEntryIndex: 0, recordCount: 0, sectorCount: 0 };
      let found = first;
      for (; found.found === 'record'; found = await reader.next()) {
        counts.recordCount += 1;
        counts.sectorCount += found.sectorCount;
        if (counts.recordCount > 1) this.#apply(found, { replay, counts });
      }
      assert(counts.recordCount >= 1, 'a segment begins with a record');
      assert(found.sector === counts.sectorCount, 'the records end where the last one does');
      const torn = await this.#end(reader, found, isLast);
      const segment = { number: this.#number, base: reader.base, ...counts };
      return { replay, segment, chain: reader.chain, torn };
    } finally {
      await file.close();
    }
  }

  #checkpoint(first: FoundRecord | RecordsEnd, before: ScanContext['before']): Checkpoint {
    if (first.found !== 'record') throw this.#damage(0, first.what ?? 'there is no record at its beginning');
    const checkpoint = this.#decode(first, () => checkpointCodec.decode(first.payload));
    if (first.kind !== 'checkpoint' || checkpoint.segment !== this.#number) {
      throw this.#damage(
        0,
        `it begins with a record of kind ${first.kind} for segment ${checkpoint.segment}`,
      );
    }
    if (before !== undefined && checkpoint.chain !== before.chain) {
      throw this.#damage(0, 'it does not follow the last record of the segment before it');
    }
    return checkpoint;
  }

  #apply(
    record: FoundRecord,
    { replay, counts }: { readonly replay: Replay; readonly counts: { lastEntryIndex: LogIndex } },
  ): void {
    if (record.kind !== 'batches') {
      throw this.#damage(record.sector, `a record of kind ${record.kind} in the middle`);
    }
    for (const batch of this.#decode(record, () => decodeBatches(record.payload))) {
      this.#decode(record, () => replay.apply(batch));
      counts.lastEntryIndex = Math.max(counts.lastEntryIndex, lastEntryIndexOf(batch));
    }
  }

  /** A correct checksum over bytes that were never written by this program is damage, too. */
  #decode<T>(record: FoundRecord, decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof CodecError || error instanceof BatchError || error instanceof RangeError))
        throw error;
      throw this.#damage(
        record.sector,
        `the record has a correct checksum, but cannot be used: ${error.message}`,
        error,
      );
    }
  }

  /**
   * Only the end of the last segment may be what a crash has cut off, and only when no record follows: each record is written
   * when the one before it is durable.
   */
  async #end(reader: SegmentReader, end: RecordsEnd, isLast: boolean): Promise<Recovered['torn']> {
    if (end.found === 'damaged') throw this.#damage(end.sector, end.what ?? 'it is damaged');
    if (end.found === 'torn' && !isLast)
      throw this.#damage(end.sector, 'a record was not completely written, but a later segment follows');
    const { endSector, recordSector } = await reader.tail(end);
    assert(endSector >= end.sector, 'the tail begins behind the records');
    if (recordSector !== undefined) {
      throw this.#damage(
        end.sector,
        `records are missing there, but one follows at offset ${recordSector * sectorSizeBytes}`,
      );
    }
    return isLast && endSector > end.sector ? { sector: end.sector, endSector } : undefined;
  }

  #damage(sector: number, what: string, cause?: unknown): CorruptStateError {
    const offset = sector * sectorSizeBytes;
    return new CorruptStateError(
      `${this.#path} is damaged at offset ${offset}: ${what}. Replace the server by a new one, or restore the whole directory ` +
        `from a copy; do not remove the file.`,
      { file: this.#path, offset, cause },
    );
  }
}

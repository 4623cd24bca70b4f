// Reads the records of a segment from its beginning, in pieces, so that the event loop is free between two of them.
import { assert } from '@raftlab/runtime/assert';
import type { File } from './file-system.ts';
import { readFully } from './file-system.ts';
import { readHeader, readRecord, sectorsForPayload, type RecordKind } from './record.ts';
import { isBlank, sectorKind, sectorSizeBytes } from './sectors.ts';

/** So much is read at once: some milliseconds of decoding. */
const pieceSectors = 512;

export interface FoundRecord {
  readonly found: 'record';
  readonly kind: RecordKind;
  /** The place of its first sector in the file, and in the whole log. */
  readonly sector: number;
  readonly position: number;
  readonly sectorCount: number;
  /** Valid until the next record is read. */
  readonly payload: Buffer;
}

/** Where the records end, and what is there: nothing, a record that was never completely written, or damage. */
export interface RecordsEnd {
  readonly found: 'blank' | 'torn' | 'damaged';
  readonly sector: number;
  /** What is damaged, as the end of a sentence. */
  readonly what?: string;
}

/** What is behind the end of the records. */
export interface Tail {
  /** The first sector behind the last one that is not blank. */
  readonly endSector: number;
  /** The sector of a record that is in its place behind the end, if there is one: then the end is damage. */
  readonly recordSector: number | undefined;
}

export class SegmentReader {
  readonly #file: File;
  /** The position of the first sector; known from the first record on. */
  #base: number | undefined;
  /** The length of the file. */
  #fileSectors: number | undefined;
  #nextSector = 0;
  /** The checksum of the last record. */
  #chain = 0;
  #piece: Buffer = Buffer.alloc(0);
  #pieceSector = 0;

  /** `base` is the position that the first record must have; any if it is undefined. */
  constructor(file: File, base?: number) {
    assert(base === undefined || base >= 0, () => `a segment at position ${base}`);
    this.#file = file;
    this.#base = base;
  }

  /** The position of the first sector; 0 before the first record. */
  get base(): number {
    return this.#base ?? 0;
  }

  /** The checksum of the last record that `next` has returned. */
  get chain(): number {
    return this.#chain;
  }

  /** The record after the one before, or the end of the records, again and again. */
  async next(): Promise<FoundRecord | RecordsEnd> {
    const sector = this.#nextSector;
    let at = this.#find(sector, 1) ?? (await this.#read(sector, 1));
    const position = this.#base === undefined ? undefined : this.#base + sector;
    const start = readHeader(this.#piece, at, position);
    if (start.kind === 'blank') return { found: 'blank', sector };
    if (start.kind === 'damaged') return { found: 'damaged', sector, what: start.what };
    const { header } = start;
    const sectorCount = sectorsForPayload(header.payloadSizeBytes);
    at = this.#find(sector, sectorCount) ?? (await this.#read(sector, sectorCount));
    const record = readRecord(this.#piece, at, { header, chain: this.#chain });
    if (record.kind === 'torn') return { found: 'torn', sector };
    if (record.kind === 'damaged') return { found: 'damaged', sector, what: record.what };
    this.#base ??= header.position;
    this.#chain = header.checksum;
    this.#nextSector = sector + sectorCount;
    assert(this.#nextSector > sector, 'a record takes a sector');
    const { kind, position: found } = header;
    return { found: 'record', kind, sector, position: found, sectorCount, payload: record.payload };
  }

  /** Examines everything behind the end of the records. */
  async tail(end: RecordsEnd): Promise<Tail> {
    const sectorCount = Math.ceil((await this.#file.size()) / sectorSizeBytes);
    let tail: Tail = { endSector: end.sector, recordSector: undefined };
    for (let sector = end.sector; sector < sectorCount; sector += pieceSectors) {
      await this.#read(sector, Math.min(pieceSectors, sectorCount - sector));
      if (!isBlank(this.#piece)) tail = this.#examine(sector, { end, tail });
    }
    return tail;
  }

  #examine(sector: number, { end, tail }: { end: RecordsEnd; tail: Tail }): Tail {
    const piece = this.#piece;
    assert(sector === this.#pieceSector, 'another piece was read');
    assert(piece.length % sectorSizeBytes === 0, () => `a piece of ${piece.length} bytes`);
    let { endSector, recordSector } = tail;
    for (let at = 0; at < piece.length; at += sectorSizeBytes) {
      const kind = sectorKind(piece, at);
      if (kind === 'blank') continue;
      const here = sector + at / sectorSizeBytes;
      endSector = here + 1;
      if (kind !== 'first' || here === end.sector || this.#base === undefined) continue;
      if (readHeader(piece, at, this.#base + here).kind === 'header') recordSector ??= here;
    }
    return { endSector, recordSector };
  }

  /** Where the sector is in the piece that was read last, if so many sectors from there on are in it. */
  #find(sector: number, count: number): number | undefined {
    assert(sector >= 0 && count >= 1, () => `${count} sectors from ${sector} on`);
    const from = (sector - this.#pieceSector) * sectorSizeBytes;
    return from >= 0 && from + count * sectorSizeBytes <= this.#piece.length ? from : undefined;
  }

  /** Reads a piece that begins with so many sectors; beyond the end of the file there are blank ones. */
  async #read(sector: number, count: number): Promise<number> {
    this.#fileSectors ??= Math.ceil((await this.#file.size()) / sectorSizeBytes);
    const pieceCount = Math.max(count, Math.min(pieceSectors, this.#fileSectors - sector));
    this.#piece = Buffer.alloc(pieceCount * sectorSizeBytes);
    this.#pieceSector = sector;
    await readFully(this.#file, this.#piece, sector * sectorSizeBytes);
    assert(this.#find(sector, count) === 0, 'the sectors were not read');
    return 0;
  }
}

// The byte form of a record: what is written, and made durable, at once. A header, then the payload, in sectors:
//
//   offset  bytes
//        0      1  kind: 'c' a checkpoint, 'b' batches
//        1      6  position: the place of its first sector in the whole log
//        7      4  size of the payload
//       11      4  CRC32 of the payload, begun with the one of the record before it in the segment
//       15      4  CRC32 of the bytes 0 to 14
//       19         payload
//
// Numbers are big-endian. The position tells a record from one that belongs elsewhere, and the chain of checksums tells one from
// another that was once at this place. The header has a checksum of its own, and is all in one sector: the size in it can be
// relied on even when the payload is damaged or was never completely written.
import { crc32 } from 'node:zlib';
import { assert } from '@raftlab/runtime/assert';
import { fromSectors, sectorCountOf, sectorKind, sectorSizeBytes, toSectors } from './sectors.ts';

export const headerSizeBytes = 19;
const headerChecksumOffset = 15;
/** A payload is at most this large: a single write cannot be much larger. */
export const payloadMaxBytes = 2 ** 30;

export type RecordKind = 'checkpoint' | 'batches';
/** The byte that stands for each kind. */
const codes: Readonly<Record<RecordKind, number>> = { checkpoint: 0x63, batches: 0x62 };
const kinds: ReadonlyMap<number, RecordKind> = new Map([
  [codes.checkpoint, 'checkpoint'],
  [codes.batches, 'batches'],
]);

export interface RecordHeader {
  readonly kind: RecordKind;
  /** In sectors, from the beginning of the first segment that ever was. */
  readonly position: number;
  readonly payloadSizeBytes: number;
  readonly checksum: number;
}

/** How many sectors a record with such a payload takes. */
export function sectorsForPayload(payloadSizeBytes: number): number {
  assert(payloadSizeBytes >= 0, () => `a payload of ${payloadSizeBytes} bytes`);
  return sectorCountOf(headerSizeBytes + payloadSizeBytes);
}

/** A record in its sectors. `chain` is the checksum of the record before it; 0 for the first in a segment. */
export function encodeRecord(
  kind: RecordKind,
  position: number,
  { payload, chain }: { readonly payload: Uint8Array; readonly chain: number },
): { readonly sectors: Uint8Array; readonly checksum: number } {
  assert(payload.length <= payloadMaxBytes, () => `a record of ${payload.length} bytes is too large`);
  assert(position >= 0 && position < 2 ** 48, () => `a record at position ${position}`);
  const record = Buffer.alloc(headerSizeBytes + payload.length);
  const checksum = crc32(payload, chain);
  record.writeUInt8(codes[kind]);
  record.writeUIntBE(position, 1, 6);
  record.writeUInt32BE(payload.length, 7);
  record.writeUInt32BE(checksum, 11);
  record.writeUInt32BE(crc32(record.subarray(0, headerChecksumOffset)), headerChecksumOffset);
  record.set(payload, headerSizeBytes);
  const sectors = toSectors(record);
  assert(
    sectors.length === sectorsForPayload(payload.length) * sectorSizeBytes,
    () => `a payload of ${payload.length} bytes has ${sectors.length} bytes of sectors`,
  );
  return { sectors, checksum };
}

/**
 * What is at the place of a record, judged by its first sector. `blank`: nothing was written there. `damaged` says what is wrong
 * with what was.
 */
export type FirstSector =
  | { readonly kind: 'header'; readonly header: RecordHeader }
  | { readonly kind: 'blank' }
  | { readonly kind: 'damaged'; readonly what: string };

/** Reads the header in the sector at `at`, which must be that of a record of this position, if one is given. */
export function readHeader(sectors: Buffer, at: number, position?: number): FirstSector {
  assert(at + sectorSizeBytes <= sectors.length, 'the sector of the header was not read');
  const found = sectorKind(sectors, at);
  if (found === 'blank') return { kind: 'blank' };
  if (found !== 'first') {
    return damaged(`no record begins there, but a sector with the mark ${hex(sectors[at] ?? 0, 2)}`);
  }
  const start = at + 1;
  const written = sectors.readUInt32BE(start + headerChecksumOffset);
  const computed = crc32(sectors.subarray(start, start + headerChecksumOffset));
  if (written !== computed) {
    return damaged(`the header has the checksum ${hex(computed)}, but ${hex(written)} is written in it`);
  }
  const kind = kinds.get(sectors.readUInt8(start));
  const header = {
    position: sectors.readUIntBE(start + 1, 6),
    payloadSizeBytes: sectors.readUInt32BE(start + 7),
    checksum: sectors.readUInt32BE(start + 11),
  };
  if (kind === undefined) return damaged(`a record of the unknown kind ${sectors.readUInt8(start)}`);
  if (position !== undefined && header.position !== position) {
    return damaged(`a record of position ${header.position} at position ${position}`);
  }
  return { kind: 'header', header: { kind, ...header } };
}

/** A whole record, or what is wrong with it. `torn`: some of its sectors were never written. */
export type WholeRecord =
  | { readonly kind: 'record'; readonly payload: Buffer }
  | { readonly kind: 'torn' }
  | { readonly kind: 'damaged'; readonly what: string };

/**
 * Reads the record whose header was read at `at`; all of its sectors must be there. The payload may be a part of `sectors`.
 */
export function readRecord(
  sectors: Buffer,
  at: number,
  { header, chain }: { readonly header: RecordHeader; readonly chain: number },
): WholeRecord {
  const sectorCount = sectorsForPayload(header.payloadSizeBytes);
  assert(at + sectorCount * sectorSizeBytes <= sectors.length, 'not all sectors of the record were read');
  let isTorn = false;
  for (let number = 1; number < sectorCount; number += 1) {
    const kind = sectorKind(sectors, at + number * sectorSizeBytes);
    if (kind === 'first' || kind === 'damaged') {
      return damaged(`its sector ${number} does not begin with the mark that it was written with`);
    }
    isTorn ||= kind === 'blank';
  }
  if (isTorn) return { kind: 'torn' };
  const payload = fromSectors(sectors, at, headerSizeBytes + header.payloadSizeBytes).subarray(
    headerSizeBytes,
  );
  assert(payload.length === header.payloadSizeBytes, () => `${payload.length} bytes were read`);
  const computed = crc32(payload, chain);
  if (computed === header.checksum) return { kind: 'record', payload };
  return damaged(
    `the record has the checksum ${hex(computed)}, but ${hex(header.checksum)} is written in its header`,
  );
}

function damaged(what: string): { readonly kind: 'damaged'; readonly what: string } {
  return { kind: 'damaged', what };
}

function hex(value: number, digits = 8): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

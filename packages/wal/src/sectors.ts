// Records in sectors. A disk writes a sector as a whole or not at all, so a record has sectors of its own, and the first byte
// of each says that it was written: a sector that a loss of power has kept from the disk is one of zeros, as the segment
// had them before. A damaged record is thereby told from one that was never completely written.
import { assert } from '@raftlab/runtime/assert';

/** The unit of what a disk writes at once. Disks with larger sectors write several of these at once. */
export const sectorSizeBytes = 512;
/** The rest of a sector, without its mark. */
export const sectorCapacityBytes: number = sectorSizeBytes - 1;

/** The first sector of a record, and each of the others. A single changed bit makes neither of the other, nor zero. */
export const firstMark = 0xa5;
export const nextMark = 0x5a;

/** How many sectors a record takes. */
export function sectorCountOf(recordSizeBytes: number): number {
  assert(recordSizeBytes > 0, () => `a record of ${recordSizeBytes} bytes`);
  return Math.ceil(recordSizeBytes / sectorCapacityBytes);
}

/** The record in its sectors. */
export function toSectors(record: Uint8Array): Uint8Array {
  const sectors = new Uint8Array(sectorCountOf(record.length) * sectorSizeBytes);
  for (let from = 0, to = 0; from < record.length; from += sectorCapacityBytes, to += sectorSizeBytes) {
    sectors[to] = from === 0 ? firstMark : nextMark;
    sectors.set(record.subarray(from, from + sectorCapacityBytes), to + 1);
  }
  return sectors;
}

/** The first bytes of the record whose sectors begin at `at`: a part of them where one sector is enough, else a copy. */
export function fromSectors(sectors: Buffer, at: number, recordSizeBytes: number): Buffer {
  assert(
    at + sectorCountOf(recordSizeBytes) * sectorSizeBytes <= sectors.length,
    'the sectors of the record end too early',
  );
  if (recordSizeBytes <= sectorCapacityBytes) return sectors.subarray(at + 1, at + 1 + recordSizeBytes);
  const record = Buffer.allocUnsafeSlow(recordSizeBytes);
  for (let to = 0, from = at; to < recordSizeBytes; to += sectorCapacityBytes, from += sectorSizeBytes) {
    const length = Math.min(sectorCapacityBytes, recordSizeBytes - to);
    sectors.copy(record, to, from + 1, from + 1 + length);
  }
  return record;
}

/** What the mark of a sector says, and where there is none, whether anything was written there. */
export type SectorKind = 'first' | 'next' | 'blank' | 'damaged';

export function sectorKind(sectors: Uint8Array, at: number): SectorKind {
  assert(at >= 0 && at < sectors.length, () => `no sector at ${at} of ${sectors.length} bytes`);
  const mark = sectors[at];
  if (mark === firstMark) return 'first';
  if (mark === nextMark) return 'next';
  return isBlank(sectors.subarray(at, at + sectorSizeBytes)) ? 'blank' : 'damaged';
}

const blank = new Uint8Array(64 * 1024);

/** Whether all of the bytes are zeros. */
export function isBlank(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += blank.length) {
    const part = bytes.subarray(at, at + blank.length);
    if (Buffer.compare(part, blank.subarray(0, part.length)) !== 0) return false;
  }
  return true;
}

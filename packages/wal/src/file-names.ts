// The names of the files in a directory of a write-ahead log.
import { assert } from '@raftlab/runtime/assert';
import { temporarySuffix } from './file-system.ts';

const digits = 12;

export const lockName = 'lock';
export const identityName = 'identity.json';
/** A segment that is being filled with zeros, for later. */
export const spareName: string = `spare${temporarySuffix}`;

export function segmentName(number: number): string {
  return `segment-${padded(number)}.wal`;
}

export function snapshotName(id: number): string {
  return `snapshot-${padded(id)}.snap`;
}

/** The number of the segment with this name; undefined for another file. */
export function segmentNumberOf(name: string): number | undefined {
  const found = /^segment-(\d{12,})\.wal$/.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

export function isSnapshotName(name: string): boolean {
  return /^snapshot-\d{12,}\.snap$/.test(name);
}

export function isTemporary(name: string): boolean {
  return name.endsWith(temporarySuffix);
}

/** Whether a write-ahead log has files with this name. A stale lock gets another one while it is taken over. */
export function isOfLog(name: string): boolean {
  return (
    name === lockName ||
    name.startsWith(`${lockName}.`) ||
    name === identityName ||
    segmentNumberOf(name) !== undefined ||
    isSnapshotName(name) ||
    isTemporary(name)
  );
}

function padded(number: number): string {
  assert(Number.isSafeInteger(number) && number >= 0, () => `a file with the number ${number}`);
  return String(number).padStart(digits, '0');
}

// What the cases write: small entries and snapshots whose content says where they belong.
import { Buffer } from 'node:buffer';
import { CommandEntry, type HardState, type LogEntry, type Snapshot } from '@raftlab/protocol';

/** The hard state of most cases. Its term is the highest that their entries may have. */
export const vote: HardState = { currentTerm: 7, votedFor: 2 };

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

export function entry(term: number, text: string): LogEntry {
  return new CommandEntry(term, bytesOf(text));
}

/** Entries of term 1, each with its own index as its command. */
export function entries(firstIndex: number, count: number): LogEntry[] {
  return Array.from({ length: count }, (_, offset) => entry(1, `${firstIndex + offset}`));
}

export function snapshot(lastIncludedIndex: number, lastIncludedTerm: number, text: string): Snapshot {
  return { lastIncludedIndex, lastIncludedTerm, data: bytesOf(text) };
}

/** Bytes without a short period. */
export function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, offset) => (offset * 31 + (offset >> 8)) & 0xff);
}

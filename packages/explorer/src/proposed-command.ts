// The commands of the explorer's clients: one byte, the server that took it. The term and the index say the rest.
import type { LogEntry } from '@raftlab/protocol';

export function commandFor(server: number): Uint8Array {
  return Uint8Array.of(server);
}

export function proposerOf(entry: LogEntry): number {
  return entry.command[0] ?? 0;
}

// The commands of the explorer's clients: one byte, the id of the server that accepted it. Together with the term and the index
// it identifies an entry; a noop needs neither, since a term has at most one.
import type { LogEntry } from '@raftlab/protocol';

export function commandFor(server: number): Uint8Array {
  return Uint8Array.of(server);
}

/** Instead of a server, for an entry that no client proposed. */
const noProposer = -1;

/** The server that accepted the command; -1 for an entry of another kind. */
export function proposerOf(entry: LogEntry): number {
  return entry.kind === 'command' ? (entry.command[0] ?? 0) : noProposer;
}

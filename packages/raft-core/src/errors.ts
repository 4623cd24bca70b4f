// Faults that a user of Raft meets. A value that cannot be a command is protocol's CodecError.

/** The peer has stopped for good: its storage failed, its service failed, or a rule of Raft was broken. */
export class PeerStoppedError extends Error {
  override readonly name: string = 'PeerStoppedError';
}

/** `snapshot` was called for an index that the service cannot have applied yet. */
export class SnapshotError extends Error {
  override readonly name: string = 'SnapshotError';
}

/** A message that no server of this cluster can have sent, e.g. from a server number that does not exist. */
export class BadMessageError extends Error {
  override readonly name: string = 'BadMessageError';
}

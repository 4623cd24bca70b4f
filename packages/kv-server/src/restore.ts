// Restores a backup: makes the data directory of one server of a new cluster, before the server is started.
import { commandCodec, KeyValueMachine, resultCodec } from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import { SessionMachine } from '@raftlab/rsm';
import { openWal } from '@raftlab/wal';

/** What to restore, and where. */
export interface RestoreOptions {
  /** Missing or empty. */
  readonly directory: string;
  /** The name of the new cluster. Give it one that no earlier cluster had, so that clients of that one are refused. */
  readonly cluster: string;
  readonly server: ServerId;
  /** The bytes of `KeyValueMachine.snapshot`, as `KVAdmin.OpenSnapshot` and `KVAdmin.ReadSnapshot` return them. */
  readonly snapshot: Uint8Array;
}

/** The restored state is that after the first entry of the new log. */
const restoredAt = { index: 1, term: 1 };

/**
 * Makes the directory, with the pairs and versions of the snapshot and without sessions. Every server of the new cluster must be
 * restored from the same bytes before any of them is started. Returns the number of keys. Rejects with a CodecError, and makes
 * nothing, for bytes that are no snapshot, and with an IdentityError for a directory that is in use.
 */
export async function restoreDirectory(options: RestoreOptions): Promise<{ readonly keyCount: number }> {
  const { directory, cluster, server, snapshot } = options;
  const store = new KeyValueMachine();
  store.restore(snapshot);
  const machine = new SessionMachine(store, { commandCodec, resultCodec });
  machine.skip(restoredAt);
  const data = machine.snapshot();
  const wal = await openWal(directory, { cluster, server, start: 'new' });
  try {
    const { index: lastIncludedIndex, term: lastIncludedTerm } = restoredAt;
    await wal.write({
      hardState: { currentTerm: lastIncludedTerm, votedFor: null },
      snapshot: { lastIncludedIndex, lastIncludedTerm, data },
    });
  } finally {
    await wal.close();
  }
  return { keyCount: store.size };
}

// A write-ahead log below a server of the harness. The persister follows it, because the tester reads snapshots and sizes there.
import type { ServerObserver } from '@raftlab/invariants';
import { usualDisk, type Persister } from '@raftlab/persister';
import type { Storage, StoredState, WriteBatch } from '@raftlab/storage';
import type { WalDisk } from '@raftlab/wal/simulated';
import type { PeerEnvironment } from './lab-peer.ts';

/** Operations that find out what is there take no time. */
const slowKinds: ReadonlySet<string> = new Set(['write', 'sync', 'rename', 'remove', 'syncDirectory']);

/** What the storage needs of its server. */
export interface LoggedStorageOptions extends Pick<PeerEnvironment, 'clock' | 'random' | 'applyCh'> {
  readonly persister: Persister;
  readonly walDisk: Pick<WalDisk, 'open'>;
  readonly observer?: ServerObserver;
}

/** The storage of one life of a server. */
export class LoggedStorage implements Storage {
  readonly #options: LoggedStorageOptions;
  readonly #log: Storage;

  constructor(options: LoggedStorageOptions) {
    this.#options = options;
    const { persister, walDisk, clock, observer } = options;
    const random = options.random.fork('disk');
    const { usualDelayMaxMs, slowDelayMaxMs, slowWritesPerHundred } = usualDisk;
    const onDurable = (batch: WriteBatch): void => {
      persister.write(batch);
      observer?.onDurable(batch);
    };
    this.#log = walDisk.open(
      { onDurable },
      {
        delay: async ({ kind }) => {
          if (!slowKinds.has(kind)) return;
          const isSlow = random.chance(slowWritesPerHundred, 100);
          await clock.sleep(random.uniform(0, isSlow ? slowDelayMaxMs : usualDelayMaxMs));
        },
      },
    );
  }

  /**
   * What the log has. A crash may have left a write in it that was never acknowledged, so the persister is brought to the same
   * state; and when the service has restored itself from an older snapshot there, it is handed the newer one.
   */
  async load(): Promise<StoredState | undefined> {
    const { persister, applyCh } = this.#options;
    const stored = await this.#log.load();
    if (stored === undefined) return undefined;
    const { hardState, snapshot, entries } = stored;
    const restored = persister.load()?.snapshot?.lastIncludedIndex ?? 0;
    const firstIndex = (snapshot?.lastIncludedIndex ?? 0) + 1;
    persister.write({ hardState, ...(snapshot && { snapshot }), log: { firstIndex, entries } });
    if (snapshot !== undefined && snapshot.lastIncludedIndex > restored) {
      await applyCh({
        commandValid: false,
        snapshotValid: true,
        snapshot: snapshot.data.slice(),
        snapshotIndex: snapshot.lastIncludedIndex,
        snapshotTerm: snapshot.lastIncludedTerm,
      });
    }
    return stored;
  }

  write(batch: WriteBatch): void | Promise<void> {
    return this.#log.write(batch);
  }

  async stage(data: Uint8Array): Promise<void> {
    await this.#log.stage?.(data);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

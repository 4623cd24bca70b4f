// A load on a cluster: a fixed number of operations in flight, for a time.
import type { KeyValueClient } from '@raftlab/kv-client';
import type { Clock, Random } from '@raftlab/runtime';
import { Latencies } from './latencies.ts';

/** What to do. */
export interface Load {
  readonly inFlight: number;
  readonly seconds: number;
  readonly valueBytes: number;
  /** How many of the operations read, from 0 to 1. */
  readonly readShare: number;
  readonly keys: number;
}

/** What came of it. */
export interface LoadReport {
  /** How long it took, in s: a little more than `seconds`, since the last operations end. */
  readonly elapsedSeconds: number;
  readonly writes: Latencies;
  readonly reads: Latencies;
  /** Operations that failed, by the name of the error. */
  readonly failures: ReadonlyMap<string, number>;
}

/** Keys of a load begin with this. They are left in the store. */
const keyPrefix = 'bench/';

/** Puts the load on the cluster. Ends early when the signal is aborted, and closes the client then. */
export async function runLoad(
  client: KeyValueClient,
  { inFlight, seconds, valueBytes, readShare, keys }: Load,
  { clock, random, signal }: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal },
): Promise<LoadReport> {
  const value = 'x'.repeat(valueBytes);
  const [writes, reads] = [new Latencies(), new Latencies()];
  const failures = new Map<string, number>();
  const begunAt = clock.now();
  const endsAt = begunAt + 1000 * seconds;

  async function work(): Promise<void> {
    while (clock.now() < endsAt && !signal.aborted) {
      const key = `${keyPrefix}${random.int(0, keys - 1)}`;
      const isRead = random.uniform(0, 1) < readShare;
      const startedAt = clock.now();
      try {
        await (isRead ? client.get(key) : client.put(key, value));
        (isRead ? reads : writes).add(clock.now() - startedAt);
      } catch (error) {
        if (signal.aborted) return;
        const name = error instanceof Error ? error.name : String(error);
        failures.set(name, (failures.get(name) ?? 0) + 1);
      }
    }
  }

  signal.addEventListener('abort', () => client.close(), { once: true });
  await Promise.all(Array.from({ length: inFlight }, work));
  return { elapsedSeconds: (clock.now() - begunAt) / 1000, writes, reads, failures };
}

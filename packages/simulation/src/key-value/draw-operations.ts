// When the clients of a run do something. What they do is recorded as data, beside the faults.
import type { CancelSignal, Clock, Random } from '@raftlab/runtime';
import type { Fault } from '../fault.ts';
import { drawOperation } from './client-operation.ts';
import type { Mix } from '../mix.ts';
import { isolate } from '../nemesis.ts';
import type { RunCluster } from '../run-cluster.ts';
import type { Clients } from './clients.ts';
import type { KeyValueMix } from './key-value-mix.ts';

export interface DrawingOptions {
  readonly clients: Pick<Clients, 'idle'>;
  readonly clock: Clock;
  readonly signal: CancelSignal;
  /** Whether the fault phase has ended. */
  readonly isOver: () => boolean;
  readonly inflict: (fault: Fault) => void;
}

/** What interruptions of the leader need, too. */
export interface InterruptionOptions {
  readonly cluster: Pick<RunCluster, 'leader'>;
  readonly mix: Pick<Mix, 'servers' | 'without'>;
}

/** Idle clients begin operations. */
export async function drawOperations(
  { operationIntervalMs, operationsMax, keys }: KeyValueMix,
  random: Random,
  { clients, clock, signal, isOver, inflict }: DrawingOptions,
): Promise<void> {
  for (let count = 0; count < operationsMax;) {
    await clock.sleep(random.uniform(0, 2 * operationIntervalMs), signal);
    if (isOver()) return;
    const { idle } = clients;
    if (idle.length === 0) continue;
    count += 1;
    const client = random.pick(idle);
    inflict({ kind: 'operation', client, operation: drawOperation(random, count, keys) });
  }
}

/** Long enough for another leader, and so short that a client still waits for the answer of the old one, in ms. */
const interruptionMs = { min: 200, max: 900 } as const;

/**
 * The leader stalls or is cut off for a while, and goes on with what clients have sent it, before it hears of another leader or after. The
 * clients reach it all the time.
 */
export async function drawInterruptions(
  { interruptionIntervalMs }: KeyValueMix,
  random: Random,
  { cluster, mix, clock, signal, isOver, inflict }: DrawingOptions & InterruptionOptions,
): Promise<void> {
  const kinds = (['stall', 'partition'] as const).filter((kind) => !mix.without.includes(kind));
  if (interruptionIntervalMs === 0 || kinds.length === 0) return;
  for (;;) {
    await clock.sleep(random.uniform(0, 2 * interruptionIntervalMs), signal);
    if (isOver()) return;
    const kind = random.pick(kinds);
    const lastsMs = random.uniform(interruptionMs.min, interruptionMs.max);
    const server = cluster.leader();
    if (server === undefined) continue;
    const isStall = kind === 'stall';
    for (const fault of isStall ? [{ kind: 'pause', server } as const] : isolate(mix, server, 'cut'))
      inflict(fault);
    await clock.sleep(lastsMs, signal);
    for (const fault of isStall ? [{ kind: 'resume', server } as const] : isolate(mix, server, 'join'))
      inflict(fault);
  }
}

/** Clients crash, busy or not. */
export async function drawClientCrashes(
  { clients: clientCount, clientCrashIntervalMs, clientCrashesMax }: KeyValueMix,
  random: Random,
  { clock, signal, isOver, inflict }: DrawingOptions,
): Promise<void> {
  if (clientCrashIntervalMs === 0) return;
  for (let count = 0; count < clientCrashesMax; count += 1) {
    await clock.sleep(random.uniform(0, 2 * clientCrashIntervalMs), signal);
    if (isOver()) return;
    inflict({ kind: 'client-crash', client: random.int(0, clientCount - 1) });
  }
}

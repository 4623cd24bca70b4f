// When the clients of a run do something. What they do is recorded as data, beside the faults.
import type { CancelSignal, Clock, Random } from '@raftlab/runtime';
import type { Fault } from '../fault.ts';
import { drawOperation } from './client-operation.ts';
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

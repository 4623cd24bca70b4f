// What a client of the simulated key/value service does, as data: part of the record of a run.
import type { KeyValueInput } from '@raftlab/linearizability';
import type { Random } from '@raftlab/runtime';
import { z } from 'zod';

const key = z.string();
const value = z.string();

/** The form of `ClientOperation`. */
export const clientOperationSchema = z.discriminatedUnion('kind', [
  /** `lease` is the same as `linearizable` where servers have no leases. */
  z.strictObject({ kind: z.literal('get'), key, level: z.enum(['linearizable', 'lease']) }),
  z.strictObject({ kind: z.literal('delete'), key }),
  z.strictObject({ kind: z.enum(['put', 'append']), key, value }),
  /** With the version that the client saw last. */
  z.strictObject({ kind: z.literal('compareAndSet'), key, value }),
]);
/** One operation of a client. */
export type ClientOperation = Readonly<z.infer<typeof clientOperationSchema>>;

/** Gets and appends are the most frequent: a get of appended values reveals the order of the appends before it. */
const kinds = [
  'get',
  'get',
  'get',
  'get',
  'append',
  'append',
  'append',
  'append',
  'put',
  'compareAndSet',
  'compareAndSet',
  'delete',
] as const;

/** The n-th operation of a run. Its value is not that of any other operation. */
export function drawOperation(random: Random, n: number, keyCount: number): ClientOperation {
  const drawnKey = `key ${random.int(1, keyCount)}`;
  const kind = random.pick(kinds);
  switch (kind) {
    case 'get':
      return { kind, key: drawnKey, level: random.pick(['linearizable', 'linearizable', 'lease'] as const) };
    case 'delete':
      return { kind, key: drawnKey };
    case 'put':
    case 'append':
    case 'compareAndSet':
      return { kind, key: drawnKey, value: `${n}.` };
  }
}

/** The same operation for the history. */
export function inputOf(operation: ClientOperation, seenVersion: number): KeyValueInput {
  switch (operation.kind) {
    case 'get':
      return { kind: 'get', key: operation.key };
    case 'compareAndSet':
      return { ...operation, kind: 'compareAndSet', version: seenVersion };
    case 'delete':
    case 'put':
    case 'append':
      return operation;
  }
}

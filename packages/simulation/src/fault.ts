// The faults of a cluster as data: a run records its faults, and a list of them repeats it.
import { z } from 'zod';
import { clientOperationSchema } from './key-value/client-operation.ts';
import { clientsMax } from './key-value/key-value-mix.ts';

/** The largest simulated cluster has seven servers. */
const server = z.int().min(0).max(6);

const client = z
  .int()
  .min(0)
  .max(clientsMax - 1);

const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('crash'), server }),
  /** Crashes when the next write becomes durable, before the server learns of it (`after`); or instead of it (`before`). */
  z.strictObject({ kind: z.literal('crash-at-write'), server, when: z.enum(['before', 'after']) }),
  z.strictObject({ kind: z.literal('restart'), server }),
  /** The event loop of the server stalls until `resume`: its timers and messages come late. */
  z.strictObject({ kind: z.literal('pause'), server }),
  z.strictObject({ kind: z.literal('resume'), server }),
  /** Messages from one server to another are lost, until `join`. */
  z.strictObject({ kind: z.literal('cut'), from: server, to: server }),
  z.strictObject({ kind: z.literal('join'), from: server, to: server }),
  z.strictObject({ kind: z.literal('join-all') }),
  /** Proposes `count` commands to a server, in any role. */
  z.strictObject({ kind: z.literal('propose'), server, count: z.int().min(1) }),
  /** The same in the turn in which the next message arrives there, before the server handles it or after. */
  z.strictObject({
    kind: z.literal('propose-on-arrival'),
    server,
    count: z.int().min(1),
    when: z.enum(['before', 'after']),
  }),
  /**
   * A crashed server loses its disk, or gets it back as an earlier crash left it. Does nothing when an entry, a vote or a
   * term could be lost with it that no other server knows.
   */
  z.strictObject({ kind: z.literal('wipe'), server, to: z.enum(['empty', 'older']) }),
  /** The service of a server, in any role, asks for the index of a linearizable read. */
  z.strictObject({ kind: z.literal('read'), server }),
  /** The service of a server, in any role, wants another voter to lead. */
  z.strictObject({ kind: z.literal('transfer'), server }),
  /** A client of the key/value service begins an operation; nothing happens while it waits for another. */
  z.strictObject({ kind: z.literal('operation'), client, operation: clientOperationSchema }),
  /** A client forgets its session and what it waits for, and starts again. */
  z.strictObject({ kind: z.literal('client-crash'), client }),
]);
/** A fault, or what clients and services ask for. */
export type Fault = Readonly<z.infer<typeof faultSchema>>;

/** A fault and when it happened, in virtual ms since the run began. */
export const timedFaultSchema = z.strictObject({ atMs: z.number().min(0), fault: faultSchema });
/** A fault with its time. */
export type TimedFault = Readonly<z.infer<typeof timedFaultSchema>>;

// What can be done to a cluster, as data: a run records what it did, and a list of these does it again.
import { z } from 'zod';

export type Fault =
  | { readonly kind: 'crash'; readonly server: number }
  /** Crashes when the next write becomes durable, before anybody hears of it; or instead of it. */
  | { readonly kind: 'crash-at-write'; readonly server: number; readonly when: 'before' | 'after' }
  | { readonly kind: 'restart'; readonly server: number }
  /** The event loop of the server stalls: its timers and messages wait, and come late. */
  | { readonly kind: 'pause'; readonly server: number }
  | { readonly kind: 'resume'; readonly server: number }
  /** Messages from one server to another are lost. */
  | { readonly kind: 'cut'; readonly from: number; readonly to: number }
  | { readonly kind: 'join'; readonly from: number; readonly to: number }
  | { readonly kind: 'join-all' }
  /** Proposes so many commands at a server, whatever it is. */
  | { readonly kind: 'propose'; readonly server: number; readonly count: number };

const server = z.int().min(0).max(6);

export const faultSchema: z.ZodType<Fault> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['crash', 'restart', 'pause', 'resume']), server }),
  z.strictObject({ kind: z.literal('crash-at-write'), server, when: z.enum(['before', 'after']) }),
  z.strictObject({ kind: z.enum(['cut', 'join']), from: server, to: server }),
  z.strictObject({ kind: z.literal('join-all') }),
  z.strictObject({ kind: z.literal('propose'), server, count: z.int().min(1) }),
]);

/** A fault and when it happened, in virtual ms since the run began. */
export interface TimedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

export const timedFaultSchema: z.ZodType<TimedFault> = z.strictObject({
  atMs: z.number().min(0),
  fault: faultSchema,
});

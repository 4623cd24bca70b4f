// The forms of the calls between clerk and server.
import { serverIdSchema, type ServerId } from '@raftlab/protocol';
import type { ReadLevel, Refusal, SessionPoint } from '@raftlab/rsm';
import { z } from 'zod';
import type { KeyValueCommand, KeyValueQuery } from './operation.ts';

/** The name under which a server offers the key/value service: the lab's. */
export const keyValueServiceName = 'KVServer';

/** How a call ends: with a value, or with the kind of the refusal of the replicated state machine. */
export type Reply<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal['kind']; readonly leader?: ServerId | undefined };

/** A command in its session. */
export interface ExecuteArgs extends SessionPoint {
  readonly command: KeyValueCommand;
}

/** A query, and what its answer must contain. */
export interface ReadArgs {
  readonly query: KeyValueQuery;
  readonly level: ReadLevel;
}

const refusalKinds = [
  'NotLeader',
  'Unknown',
  'Busy',
  'TooLarge',
  'SessionExpired',
  'Superseded',
  'Stopped',
] as const satisfies ReadonlyArray<Refusal['kind']>;

/** The form of a `Reply` with a value of this form. */
export function replySchema<Value>(value: z.ZodType<Value>): z.ZodType<Reply<Value>> {
  return z.discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), value }),
    z.strictObject({
      ok: z.literal(false),
      refusal: z.enum(refusalKinds),
      leader: serverIdSchema.optional(),
    }),
  ]);
}

/** The form of `ReadLevel`. */
export const readLevelSchema: z.ZodType<ReadLevel> = z.enum(['linearizable', 'lease', 'local']);

/** The reply to a call that the replicated state machine has refused. */
export function refusalReply(refusal: Refusal): Reply<never> {
  const leader = refusal.kind === 'NotLeader' ? refusal.leader : undefined;
  return { ok: false, refusal: refusal.kind, ...(leader !== undefined && { leader }) };
}

// The calls between clerk and server.
import { serverIdSchema, type ServerId } from '@raftlab/protocol';
import { valueMethod, type Method } from '@raftlab/rpc';
import type { ReadLevel, Refusal, SessionId, SessionPoint } from '@raftlab/rsm';
import { z } from 'zod';
import {
  answerSchema,
  commandSchema,
  querySchema,
  resultSchema,
  type KeyValueAnswer,
  type KeyValueCommand,
  type KeyValueQuery,
  type KeyValueResult,
} from './operation.ts';

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

const count = z.int().min(1);
const method = <Args, Value>(
  name: string,
  args: z.ZodType<Args>,
  value: z.ZodType<Value>,
): Method<Args, Reply<Value>> =>
  valueMethod(`${keyValueServiceName}.${name}`, { args, reply: replySchema(value) });

/** Opens a session for the commands of one clerk. */
export const openSessionMethod: Method<null, Reply<SessionId>> = method('OpenSession', z.null(), count);

/** Executes a command once, however often it is called with the same session and sequence. */
export const executeMethod: Method<ExecuteArgs, Reply<KeyValueResult>> = method(
  'Execute',
  z.strictObject({ session: count, sequence: count, command: commandSchema }),
  resultSchema,
);

/** Reads. */
export const readMethod: Method<ReadArgs, Reply<KeyValueAnswer>> = method(
  'Read',
  z.strictObject({ query: querySchema, level: readLevelSchema }),
  answerSchema,
);

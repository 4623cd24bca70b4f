// The arguments and replies of the calls that a busy server answers, as tuples.
import { isCount, isText, quickCodec, type Codec } from '@raftlab/rpc';
import type { ReadLevel } from '@raftlab/rsm';
import { assert } from '@raftlab/runtime/assert';
import type { z } from 'zod';
import {
  commandTuple,
  keyLengthMax,
  quickCommand,
  rangeLimitMax,
  uncheckedCommand,
  valueLengthMax,
  type KeyValueAnswer,
  type KeyValuePair,
  type KeyValueResult,
} from './operation.ts';
import type { ExecuteArgs, ReadArgs, Reply } from './protocol.ts';

/** A session, the number of the command in it, and the command. */
export function executeArgsCodec(schema: z.ZodType<ExecuteArgs>): Codec<ExecuteArgs> {
  return quickCodec('KVServer.Execute arguments', schema, {
    toTuple: ({ session, sequence, command }) => [session, sequence, ...commandTuple(command)],
    fromTuple: ([session, sequence, ...command]) => ({
      session,
      sequence,
      command: uncheckedCommand(command),
    }),
    quick(tuple) {
      const [session, sequence] = tuple;
      const command = quickCommand(tuple, 2);
      if (command === undefined || !isCount(session, 1) || !isCount(sequence, 1)) return undefined;
      return { session, sequence, command };
    },
  });
}

const levels: readonly ReadLevel[] = ['linearizable', 'lease', 'local'];

/** The number of the level, the key or the prefix, and of a range its limit and the key before it, if it has one. */
export function readArgsCodec(schema: z.ZodType<ReadArgs>): Codec<ReadArgs> {
  return quickCodec('KVServer.Read arguments', schema, {
    toTuple({ query, level }) {
      const head = [levels.indexOf(level), query.kind === 'get' ? query.key : query.prefix];
      if (query.kind === 'get') return head;
      return query.after === undefined ? [...head, query.limit] : [...head, query.limit, query.after];
    },
    fromTuple([level, text, ...rest]) {
      if (rest.length > 2) return undefined;
      const [limit, after] = rest;
      const range = { kind: 'range', prefix: text, limit, ...(rest.length === 2 && { after }) };
      const query = rest.length === 0 ? { kind: 'get', key: text } : range;
      return { query, level: typeof level === 'number' ? levels[level] : level };
    },
    quick(tuple) {
      const [number, text, limit, after] = tuple;
      const level = typeof number === 'number' ? levels[number] : undefined;
      if (level === undefined || !isText(text, keyLengthMax)) return undefined;
      if (tuple.length === 2) return { query: { kind: 'get', key: text }, level };
      if (tuple.length > 4 || !isCount(limit, 1) || limit > rangeLimitMax) return undefined;
      if (tuple.length === 3) return { query: { kind: 'range', prefix: text, limit }, level };
      if (!isText(after, keyLengthMax)) return undefined;
      return { query: { kind: 'range', prefix: text, limit, after }, level };
    },
  });
}

/** How the value of a reply is a tuple: as for `quickCodec`, from `at` on. */
interface ValueShape<Value> {
  readonly toTuple: (value: Value) => unknown[];
  readonly fromTuple: (tuple: readonly unknown[]) => unknown;
  readonly quick: (tuple: readonly unknown[], at: number) => Value | undefined;
}

/** True and the value, or false and the refusal, with the leader if there is one. */
function replyCodec<Value>(
  name: string,
  schema: z.ZodType<Reply<Value>>,
  { toTuple, fromTuple, quick }: ValueShape<Value>,
): Codec<Reply<Value>> {
  return quickCodec<Reply<Value>>(name, schema, {
    toTuple(reply) {
      if (reply.ok) return [true, ...toTuple(reply.value)];
      return reply.leader === undefined ? [false, reply.refusal] : [false, reply.refusal, reply.leader];
    },
    fromTuple([ok, ...rest]) {
      if (ok === true) return { ok, value: fromTuple(rest) };
      const [refusal, leader] = rest;
      return rest.length === 1 ? { ok, refusal } : rest.length === 2 ? { ok, refusal, leader } : undefined;
    },
    quick(tuple) {
      if (tuple[0] !== true) return undefined; // refusals are few
      const value = quick(tuple, 1);
      return value === undefined ? undefined : { ok: true, value };
    },
  });
}

/** The reply to a command. */
export function executeReplyCodec(schema: z.ZodType<Reply<KeyValueResult>>): Codec<Reply<KeyValueResult>> {
  return replyCodec('KVServer.Execute reply', schema, {
    toTuple: ({ applied, version }) => [applied, version],
    fromTuple: ([applied, version, ...rest]) => (rest.length === 0 ? { applied, version } : undefined),
    quick(tuple, at) {
      const [applied, version] = [tuple[at], tuple[at + 1]];
      const isResult = tuple.length === at + 2 && typeof applied === 'boolean' && isCount(version, 0);
      return isResult ? { applied, version } : undefined;
    },
  });
}

/** The reply to a read: whether there is more, and then the key, the value and the version of each pair. */
export function readReplyCodec(schema: z.ZodType<Reply<KeyValueAnswer>>): Codec<Reply<KeyValueAnswer>> {
  return replyCodec('KVServer.Read reply', schema, {
    toTuple({ pairs, hasMore }) {
      const tuple: unknown[] = [hasMore];
      for (const { key, value, version } of pairs) tuple.push(key, value, version);
      return tuple;
    },
    fromTuple([hasMore, ...fields]) {
      const pairs: unknown[] = [];
      for (let at = 0; at < fields.length; at += 3) {
        const [key, value, version] = fields.slice(at, at + 3);
        pairs.push({ key, value, version });
      }
      return { pairs, hasMore };
    },
    quick(tuple, first) {
      const hasMore = tuple[first];
      if (typeof hasMore !== 'boolean' || (tuple.length - first - 1) % 3 !== 0) return undefined;
      const pairs: KeyValuePair[] = [];
      for (let at = first + 1; at < tuple.length; at += 3) {
        const [key, value, version] = [tuple[at], tuple[at + 1], tuple[at + 2]];
        if (!isText(key, keyLengthMax) || !isText(value, valueLengthMax) || !isCount(version, 1))
          return undefined;
        pairs.push({ key, value, version });
      }
      assert(first + 1 + 3 * pairs.length === tuple.length, 'the reply has three fields for each pair');
      return { pairs, hasMore };
    },
  });
}

// The calls between clerk and server.
import { valueMethod, type Method } from '@raftlab/rpc';
import type { SessionId } from '@raftlab/rsm';
import { z } from 'zod';
import { executeArgsCodec, executeReplyCodec, readArgsCodec, readReplyCodec } from './call-codecs.ts';
import {
  answerSchema,
  commandSchema,
  querySchema,
  resultSchema,
  type KeyValueAnswer,
  type KeyValueResult,
} from './operation.ts';
import {
  keyValueServiceName,
  readLevelSchema,
  replySchema,
  type ExecuteArgs,
  type ReadArgs,
  type Reply,
} from './protocol.ts';

const count = z.int().min(1);

/** Opens a session for the commands of one clerk. */
export const openSessionMethod: Method<null, Reply<SessionId>> = valueMethod(
  `${keyValueServiceName}.OpenSession`,
  { args: z.null(), reply: replySchema(count) },
);

const executeArgsSchema = z.strictObject({ session: count, sequence: count, command: commandSchema });
const readArgsSchema = z.strictObject({ query: querySchema, level: readLevelSchema });

/** Executes a command once, however often it is called with the same session and sequence. */
export const executeMethod: Method<ExecuteArgs, Reply<KeyValueResult>> = {
  name: `${keyValueServiceName}.Execute`,
  args: executeArgsCodec(executeArgsSchema),
  reply: executeReplyCodec(replySchema(resultSchema)),
};

/** Reads. */
export const readMethod: Method<ReadArgs, Reply<KeyValueAnswer>> = {
  name: `${keyValueServiceName}.Read`,
  args: readArgsCodec(readArgsSchema),
  reply: readReplyCodec(replySchema(answerSchema)),
};

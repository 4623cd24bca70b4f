// A read of the key/value service, repeated until a server answers it.
import { AssertionError } from '@raftlab/runtime/assert';
import type { CallOfClerk, FinalReply } from './attempts.ts';
import type { ReadOptions } from './call-options.ts';
import type { KeyValueAnswer, KeyValueQuery } from './operation.ts';
import { readMethod } from './methods.ts';
import type { ReadArgs } from './protocol.ts';

/** A read at the leader; at the level `local` at the server that was the leader when it was last heard of. For `Attempts.call`. */
export function readCall(
  query: KeyValueQuery,
  { level = 'linearizable', signal }: ReadOptions,
): CallOfClerk<ReadArgs, KeyValueAnswer> {
  return { method: readMethod, args: { query, level }, signal };
}

/** The answer to a `readCall`. */
export function answerOf(reply: FinalReply<KeyValueAnswer>): KeyValueAnswer {
  if (reply.ok) return reply.value;
  throw new AssertionError(`a read was refused as ${reply.refusal}, which only a command can be`);
}

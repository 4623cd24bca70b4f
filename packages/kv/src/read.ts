// A read of the key/value service, repeated until a server answers it.
import { AssertionError } from '@raftlab/runtime/assert';
import type { Attempts } from './attempts.ts';
import type { ReadOptions } from './call-options.ts';
import type { KeyValueAnswer, KeyValueQuery } from './operation.ts';
import { readMethod } from './methods.ts';

/** Reads at the leader; at the level `local` at the server that was the leader when it was last heard of. */
export async function read(
  attempts: Attempts,
  query: KeyValueQuery,
  { level = 'linearizable', signal }: ReadOptions,
): Promise<KeyValueAnswer> {
  const reply = await attempts.call({ method: readMethod, args: { query, level }, signal });
  if (reply.ok) return reply.value;
  throw new AssertionError(`a read was refused as ${reply.refusal}, which only a command can be`);
}

// One operation of a client command: connects, performs it, prints what it has done, and disconnects.
import type { KeyValueClient } from '@raftlab/kv-client';
import { terminalOf, type CommandContext, type ExitCode } from '../command-context.ts';
import type { CallFlags, Surroundings } from './client-commands.ts';
import { connectAs, type ConnectionFlags } from './connection.ts';
import { CommandError } from '../command-error.ts';
import { failureOf, print, type Outcome } from './outcome.ts';

/** Runs operations of command lines, each with a client of its own. */
export function runOperation(context: CommandContext, exit: (code: ExitCode) => void): Surroundings['run'] {
  return async (flags: CallFlags & ConnectionFlags, perform) => {
    // Commands on different keys of one process are few.
    const client = await connectAs(flags, context.env, { sessions: 1 });
    try {
      const outcome = await outcomeOf(client, (each) => perform(each, { deadlineMs: flags.timeoutMs }));
      exit(print(outcome, flags.json, terminalOf(context)));
    } finally {
      client.close();
    }
  };
}

/** The outcome of an operation that may fail. Throws CommandError for arguments that the client does not accept. */
export async function outcomeOf(
  client: KeyValueClient,
  perform: (client: KeyValueClient) => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await perform(client);
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(error.message);
    return failureOf(error);
  }
}

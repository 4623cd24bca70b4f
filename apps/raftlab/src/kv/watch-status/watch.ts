// The status of a cluster, again and again.
import { SystemClock } from '@raftlab/runtime';
import { createLogUpdate } from 'log-update';
import { terminalOf, type CommandContext } from '../../command-context.ts';
import type { CallFlags } from '../client-commands.ts';
import { connectAs, type ConnectionFlags } from '../connection.ts';
import { print, type Outcome } from '../outcome.ts';
import { statusOutcome } from '../status-table.ts';

/** The options of `watch-status`. */
export interface WatchFlags extends CallFlags, ConnectionFlags {
  readonly intervalMs: number;
  readonly count?: number;
}

/** The exit status is that of the last one. */
export async function watch(flags: WatchFlags, context: CommandContext): Promise<0 | 1> {
  context.handleInterrupts();
  const { signal } = context;
  const clock = new SystemClock();
  const client = await connectAs(flags, context.env);
  const show = display(context, flags.json);
  let status: 0 | 1 = 0;
  try {
    for (let shown = 0; shown < (flags.count ?? Infinity) && !signal.aborted; shown += 1) {
      if (shown > 0) await clock.sleep(flags.intervalMs, signal);
      const servers = await client.status({ deadlineMs: Math.min(flags.timeoutMs, flags.intervalMs) });
      status = show(statusOutcome(servers));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    client.close();
  }
  return status;
}

/** On a terminal each status takes the place of the one before; in a pipe they follow each other. */
function display(context: CommandContext, json: boolean): (outcome: Outcome) => 0 | 1 {
  if (context.stdout.isTTY !== true || json) return (outcome) => print(outcome, json, terminalOf(context));
  const update = createLogUpdate(context.stdout);
  return ({ text, problem }) => {
    update([text, problem].filter((line) => line !== undefined).join('\n'));
    return problem === undefined ? 0 : 1;
  };
}

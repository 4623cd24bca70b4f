// Runs a server until a signal or a failure ends it.
import { randomUUID } from 'node:crypto';
import {
  ConfigError,
  formatAddress,
  startKeyValueServer,
  type RunningServer,
  type ServerConfig,
} from '@raftlab/kv-server';
import { Random, SystemClock } from '@raftlab/runtime';
import type { CommandContext } from '../../command-context.ts';
import { CommandError } from '../../command-error.ts';
import { flagOf, readSettings } from './settings.ts';

/** A server that stops in order takes at most this long, in ms; then the process ends all the same. */
const stopMaxMs = 4500;

/** Resolves with the exit code when the server has ended. Throws CommandError when it cannot start. */
export async function serve(
  flags: Readonly<Record<string, unknown>>,
  context: CommandContext,
): Promise<0 | 1> {
  const { stdout, stderr, env, signal } = context;
  const config = await readSettings({ flags, env });
  context.handleTermination();
  const clock = new SystemClock();
  const logDestination = { write: (line: string) => void stderr.write(line) };
  const random = Random.fromSeed(randomUUID());
  const running = await startOrExplain(config, { clock, random, logDestination });
  stdout.write(startLine(config, running));
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  const end = await Promise.race([stopped, running.failure]);
  const isInTime = await Promise.race([
    running.stop().then(() => true),
    clock.sleep(stopMaxMs).then(() => false),
  ]);
  if (!isInTime)
    stderr.write(`error: the server has not stopped within ${stopMaxMs} ms; the process ends now.\n`);
  return end === 'stopped' && isInTime ? 0 : 1;
}

async function startOrExplain(
  config: ServerConfig,
  surroundings: Parameters<typeof startKeyValueServer>[1],
): Promise<RunningServer> {
  try {
    return await startKeyValueServer(config, surroundings);
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(new ConfigError(error.problems, flagOf).message);
    if (error instanceof Error) throw new CommandError(`the server cannot start: ${error.message}`);
    throw error;
  }
}

/** The line that says what has been started, and where. */
function startLine({ id, cluster, data, insecure, tls }: ServerConfig, running: RunningServer): string {
  const http = running.httpAddress === undefined ? '' : `, http on ${formatAddress(running.httpAddress)}`;
  const warning = insecure && tls === undefined ? ' (insecure: without TLS)' : '';
  return `raftlab kv: server ${id} of cluster ${cluster} listens on ${formatAddress(running.address)}${warning}${http}, data in ${data}\n`;
}

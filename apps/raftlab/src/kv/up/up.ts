// Runs a cluster on this machine: processes, a prompt, and an orderly end.
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { connectKeyValue } from '@raftlab/kv-client';
import { Random, SystemClock } from '@raftlab/runtime';
import { freePorts } from '@raftlab/tcp';
import { terminalOf, type CommandContext } from '../../command-context.ts';
import { CommandError } from '../../command-error.ts';
import { commandName } from '../../command-name.ts';
import { quoted } from '../../quoted.ts';
import {
  defaultDataFolder,
  readLocalCluster,
  writeLocalCluster,
  type LocalCluster,
} from '../local-cluster.ts';
import { watchProcesses } from './parent-watch.ts';
import { Prompt } from './prompt.ts';
import { ServerProcesses } from './server-processes.ts';

/** The options of `up`. */
export interface UpFlags {
  readonly data: string;
  readonly servers?: number;
}

const defaultServers = 3;
const host = '127.0.0.1';
const cluster = 'local';

/** Runs the cluster until the input ends, `exit`, or a signal. Returns the exit status. */
export async function up(flags: UpFlags, context: CommandContext): Promise<0 | 1> {
  context.handleTermination();
  const ending = new AbortController();
  const end = (): void => ending.abort();
  context.signal.addEventListener('abort', end, { once: true });
  const local = await describe(flags);
  const clock = new SystemClock();
  const terminal = terminalOf(context);
  const out = (text: string): void => terminal.out(text);
  const folder = resolve(flags.data);
  const processes = new ServerProcesses(local, {
    folder,
    clock,
    onEnd: (server, how) =>
      terminal.error(`server ${server} ended by itself (${how}); see ${quoted(processes.logOf(server))}\n`),
  });
  const client = connectKeyValue({ endpoints: local.endpoints, cluster: local.cluster, clock });
  const stopWatching = watchProcesses(startedBy(context.env), clock, end);
  ending.signal.addEventListener('abort', () => {
    client.close();
    void processes.stopAll();
  });
  try {
    const servers = local.servers.map(({ server }) => server);
    await Promise.all(servers.map((server) => processes.start(server)));
    out(introduction(flags.data, local));
    const prompt = new Prompt({ client, processes, servers, print: out });
    await readLines(prompt, { context, ending, out });
    const isScript = context.stdin?.isTTY !== true;
    return isScript && prompt.failures > 0 ? 1 : 0;
  } catch (failure) {
    if (ending.signal.aborted) return 0;
    throw failure;
  } finally {
    stopWatching();
    client.close();
    await processes.stopAll();
    out('all servers have stopped\n');
  }
}

/** The processes that have started this one with `npm run kv`: their end is the end of the command. */
function startedBy(env: CommandContext['env']): number[] {
  const pids = env['RAFTLAB_STARTED_BY']?.split(',').map(Number) ?? [];
  return pids.filter((pid) => Number.isSafeInteger(pid) && pid > 1);
}

/** The cluster of the folder; a new one when it has none. */
async function describe({ data, servers }: UpFlags): Promise<LocalCluster> {
  const known = readLocalCluster(data);
  if (known !== undefined) {
    if (servers !== undefined && servers !== known.servers.length)
      throw new CommandError(
        `the cluster in ${quoted(data)} has ${known.servers.length} servers, not ${servers}; leave --servers out, or choose another folder.`,
      );
    return known;
  }
  const count = servers ?? defaultServers;
  const random = Random.fromSeed(randomUUID());
  const ports = await freePorts(host, { count: 2 * count, random });
  const described = Array.from({ length: count }, (_, offset) => ({
    server: offset + 1,
    port: ports[offset] ?? 0,
    httpPort: ports[count + offset] ?? 0,
  }));
  return writeLocalCluster(data, { cluster, host, servers: described });
}

function introduction(data: string, { servers, endpoints, cluster: name }: LocalCluster): string {
  const isDefault = resolve(data) === resolve(defaultDataFolder);
  const options = isDefault ? '' : ` --cluster ${name} --endpoints ${endpoints}`;
  const pages = servers.map(({ httpPort }) => `http://${host}:${httpPort}/`).join(' ');
  return [
    `cluster ${name} runs with ${servers.length} server${servers.length === 1 ? '' : 's'}; data and logs are in ${quoted(join(data, '/'))}`,
    `endpoints     ${endpoints}`,
    `status pages  ${pages}`,
    `in another terminal: ${commandName('kv')} get KEY${options}`,
    'put KEY VALUE, get KEY, status, kill leader, start SERVER, exit; help lists all commands',
    '',
  ].join('\n');
}

async function readLines(
  prompt: Prompt,
  {
    context,
    ending,
    out,
  }: {
    readonly context: CommandContext;
    readonly ending: AbortController;
    readonly out: (text: string) => void;
  },
): Promise<void> {
  const { stdin, stdout } = context;
  if (stdin === undefined)
    throw new CommandError('kv up reads commands from standard input, and there is none.');
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true;
  const lines = createInterface({
    input: stdin,
    ...(isTerminal && { output: stdout }),
    terminal: isTerminal,
    prompt: 'kv> ',
  });
  lines.once('SIGINT', () => ending.abort());
  ending.signal.addEventListener('abort', () => lines.close());
  if (ending.signal.aborted) lines.close();
  if (isTerminal) lines.prompt();
  for await (const line of lines) {
    // What was piped in is shown like what was typed.
    if (!isTerminal && line.trim() !== '') out(`kv> ${line}\n`);
    await prompt.carryOut(line);
    if (prompt.isOver || ending.signal.aborted) break;
    if (isTerminal) lines.prompt();
  }
  lines.close();
}

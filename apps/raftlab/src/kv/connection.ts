// How client commands reach the cluster: options, environment, or the folder of a local cluster.
import { readFileSync } from 'node:fs';
import type { KeyValueClient, KeyValueClientOptions } from '@raftlab/kv-client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { wholeNumber } from '../option-values.ts';
import { quoted } from '../quoted.ts';
import { defaultDataFolder, readLocalCluster } from './local-cluster.ts';

/** How long a call may take, in ms, unless `--timeout-ms` says otherwise: more than an election. */
export const defaultTimeoutMs = 5000;
const timeoutMaxMs = 600_000;

/** The options that every client command has. */
export interface ConnectionFlags {
  readonly endpoints?: string;
  readonly cluster?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

/** Adds them. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option(
      '--endpoints <list>',
      'where the servers are, such as 1=127.0.0.1:7001,2=127.0.0.1:7002 (RAFTLAB_KV_ENDPOINTS)',
    )
    .option('--cluster <name>', 'the name of the cluster (RAFTLAB_KV_CLUSTER)')
    .option(
      '--token-file <file>',
      'a file with the token of the client (RAFTLAB_KV_TOKEN is the token itself)',
    )
    .option('--tls-cert <file>', "the client's certificate, PEM (RAFTLAB_KV_TLS_CERT)")
    .option('--tls-key <file>', 'its key (RAFTLAB_KV_TLS_KEY)')
    .option('--tls-ca <file>', "the certificate of the cluster's authority (RAFTLAB_KV_TLS_CA)");
}

/** Adds what a command takes at a prompt, too. */
export function addCallOptions(command: Command): Command {
  return command
    .option('--json', 'a JSON document instead of text', false)
    .option(
      '--timeout-ms <count>',
      'how long a call may take',
      wholeNumber(1, timeoutMaxMs),
      defaultTimeoutMs,
    );
}

/** Makes the client. Throws CommandError when something that it needs is missing or wrong. */
export async function connectAs(
  flags: ConnectionFlags,
  env: CommandContext['env'],
  own: Pick<KeyValueClientOptions, 'sessions' | 'deadlineMs'> = {},
): Promise<KeyValueClient> {
  const local =
    (flags.endpoints ?? env['RAFTLAB_KV_ENDPOINTS']) ? undefined : readLocalCluster(defaultDataFolder);
  const endpoints = flags.endpoints ?? env['RAFTLAB_KV_ENDPOINTS'] ?? local?.endpoints;
  const cluster = flags.cluster ?? env['RAFTLAB_KV_CLUSTER'] ?? local?.cluster;
  if (endpoints === undefined) {
    throw new CommandError(
      'there are no endpoints: give --endpoints 1=host:port,2=host:port, or set RAFTLAB_KV_ENDPOINTS; ' +
        `without both, the cluster in ./${defaultDataFolder} is used, if there is one.`,
    );
  }
  if (cluster === undefined)
    throw new CommandError('the cluster has no name: give --cluster, or set RAFTLAB_KV_CLUSTER.');
  return connectOrExplain({ endpoints, cluster, tls: tlsOf(flags, env), token: tokenOf(flags, env), ...own });
}

async function connectOrExplain(options: KeyValueClientOptions): Promise<KeyValueClient> {
  // Not loaded by the other subcommands, which start faster without it.
  const { connectKeyValue } = await import('@raftlab/kv-client');
  try {
    return connectKeyValue(options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandError(error.message);
  }
}

function tlsOf(flags: ConnectionFlags, env: CommandContext['env']): KeyValueClientOptions['tls'] {
  const [cert, key, ca] = [
    ['--tls-cert', flags.tlsCert ?? env['RAFTLAB_KV_TLS_CERT']] as const,
    ['--tls-key', flags.tlsKey ?? env['RAFTLAB_KV_TLS_KEY']] as const,
    ['--tls-ca', flags.tlsCa ?? env['RAFTLAB_KV_TLS_CA']] as const,
  ].map(([option, file]) => (file === undefined ? undefined : readOption(option, file)));
  if (cert === undefined && key === undefined) return ca === undefined ? undefined : { ca };
  if (cert !== undefined && key !== undefined && ca !== undefined) return { cert, key, ca };
  throw new CommandError(
    'TLS needs --tls-ca alone, or --tls-cert, --tls-key and --tls-ca together; one of them is missing.',
  );
}

function tokenOf({ tokenFile }: ConnectionFlags, env: CommandContext['env']): string | undefined {
  return tokenFile === undefined ? env['RAFTLAB_KV_TOKEN'] : readOption('--token-file', tokenFile).trim();
}

/** The text of a file that an option names. Throws CommandError. */
export function readOption(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${option} ${quoted(file)} cannot be read: ${message}.`);
  }
}

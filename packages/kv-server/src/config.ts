// The configuration of a server: every setting with its default and its bounds, and the rules between settings.
import type { ServerId } from '@raftlab/protocol';
import { timingFor } from '@raftlab/raft-core';
import { defaultLimits, type Address } from '@raftlab/tcp';
import { defaultSegmentSizeBytes } from '@raftlab/wal';
import { z } from 'zod';
import { formatAddress, isLoopback } from './address.ts';
import { ConfigError, type ConfigProblem } from './errors.ts';
import { field, flag, listenAddress, oneOf, peerAddresses, serverId, text, wholeNumber } from './fields.ts';

/** How much is logged: everything from this level on. */
export type LogLevel = (typeof logLevels)[number];

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** A checked configuration. */
export interface ServerConfig {
  /** The number of this server. */
  readonly id: ServerId;
  /** The name of the cluster, which clients and servers compare when they connect. */
  readonly cluster: string;
  /** The directory of this server's write-ahead log and snapshots. */
  readonly data: string;
  /**
   * What the directory must be. `existing`: one that this server has used. `new`: an empty one. `auto`: either; a server whose disk
   * was replaced by an empty one then starts as a new one, and its votes and entries are lost unnoticed.
   */
  readonly start: 'auto' | 'new' | 'existing';
  /** Where this server takes the connections of servers and clients. */
  readonly listen: Address;
  /** Where this server reaches each server of the cluster; its own entry is not used, but must be there. */
  readonly peers: ReadonlyMap<ServerId, Address>;
  /** Where status, health and metrics are served over HTTP, without TLS. Undefined: nowhere. */
  readonly http?: Address | undefined;
  /** The shortest election timeout, in ms; see `timingFor` of @raftlab/raft-core. */
  readonly electionTimeoutMs: number;
  /** How often a leader that has nothing to send sends a heartbeat, in ms: a third of the election timeout unless set. */
  readonly heartbeatMs: number;
  /** A snapshot is taken when the log has grown by this many bytes of commands. */
  readonly snapshotBytes: number;
  /** The size of a file of the log, in bytes. Room is made for one file in advance. */
  readonly segmentBytes: number;
  /** Connections of servers and clients, at most. */
  readonly connectionsMax: number;
  /** Commands and reads that this server works on at a time, at most. One more is refused as busy. */
  readonly pendingMax: number;
  readonly logLevel: LogLevel;
  /** Files in the form of PEM; all three, or none. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
  /** A file with the tokens that clients, and without TLS servers, must send. */
  readonly tokenFile?: string | undefined;
  /** Allows what anyone who reaches the address can use or read: an address that is not loopback, without TLS. */
  readonly insecure: boolean;
}

/** As many as there are sessions: with more, what is accepted under overload waits longer, and not more is done in a second. */
const defaultPendingMax = 4096;
/** Longer than a busy disk, a pause of the process or a collection of garbage takes, in ms: none of them is a reason for an election. */
const defaultElectionTimeoutMs = 1000;

/** The settings by name, as files, the environment and flags give them. */
const settings = {
  id: serverId,
  cluster: field('the name of the cluster: 1 to 63 letters a to z, digits and inner hyphens', (value) =>
    typeof value === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value) ? value : undefined,
  ),
  data: text('the path of a directory for the data of this server'),
  start: oneOf(['auto', 'new', 'existing'] as const).default('auto'),
  listen: listenAddress,
  peers: peerAddresses,
  http: listenAddress.optional(),
  electionTimeoutMs: wholeNumber(50, 60_000, 'ms').default(defaultElectionTimeoutMs),
  heartbeatMs: wholeNumber(10, 30_000, 'ms').optional(),
  snapshotBytes: wholeNumber(65_536, 2 ** 32, 'bytes').default(64 * 1024 * 1024),
  segmentBytes: wholeNumber(65_536, 2 ** 32, 'bytes').default(defaultSegmentSizeBytes),
  connectionsMax: wholeNumber(8, 65_536).default(defaultLimits.connectionsMax),
  pendingMax: wholeNumber(1, 1_000_000).default(defaultPendingMax),
  logLevel: oneOf(logLevels).default('info'),
  tlsCert: text('the path of the certificate of this server, a file in the form of PEM').optional(),
  tlsKey: text('the path of the key of the certificate, a file in the form of PEM').optional(),
  tlsCa: text("the path of the certificate of the cluster's authority, a file in the form of PEM").optional(),
  tokenFile: text('the path of a file with tokens').optional(),
  insecure: flag.default(false),
};

/** The names of all settings, as in a configuration file. */
export const settingNames: readonly string[] = Object.keys(settings);

const settingsSchema = z.strictObject(settings);
type Settings = z.output<typeof settingsSchema>;

/** Accepts what a file, the environment and flags say, and returns the checked configuration. */
export const serverConfigSchema: z.ZodType<ServerConfig> = settingsSchema.transform((given, context) => {
  const config = complete(given);
  for (const { key, valid } of [...problemsOfTls(given), ...problemsBetween(config)])
    context.addIssue({ code: 'custom', path: [key], message: valid });
  return config;
});

/**
 * Checks a configuration. Throws a ConfigError that names every wrong setting, what it is, and what is valid. `sourceOf` names the
 * place where a setting was made.
 */
export function parseServerConfig(
  values: Readonly<Record<string, unknown>>,
  sourceOf?: (key: string) => string,
): ServerConfig {
  const result = serverConfigSchema.safeParse(values);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.flatMap((issue) => problemsOf(issue, values)),
    sourceOf,
  );
}

function problemsOf(
  issue: z.core.$ZodIssue,
  values: Readonly<Record<string, unknown>>,
): readonly ConfigProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      key,
      got: values[key] ?? null,
      valid: `left out: there is no such setting; there are ${settingNames.join(', ')}`,
    }));
  const key = String(issue.path[0] ?? '');
  return [{ key, got: values[key], valid: issue.message }];
}

function complete({ tlsCert, tlsKey, tlsCa, heartbeatMs, ...rest }: Settings): ServerConfig {
  const hasTls = tlsCert !== undefined && tlsKey !== undefined && tlsCa !== undefined;
  return {
    ...rest,
    heartbeatMs: heartbeatMs ?? timingFor(rest).heartbeatIntervalMs,
    tls: hasTls ? { cert: tlsCert, key: tlsKey, ca: tlsCa } : undefined,
  };
}

interface Rule {
  readonly key: string;
  readonly valid: string;
}

function problemsOfTls({ tlsCert, tlsKey, tlsCa }: Settings): readonly Rule[] {
  const paths = { tlsCert, tlsKey, tlsCa };
  const missing = Object.entries(paths).flatMap(([key, path]) => (path === undefined ? [key] : []));
  if (missing.length === 3) return [];
  const valid = 'a file in the form of PEM, since TLS needs tlsCert, tlsKey and tlsCa together';
  return missing.map((key) => ({ key, valid }));
}

function problemsBetween(config: ServerConfig): readonly Rule[] {
  const { id, peers, electionTimeoutMs, heartbeatMs, listen, http, tls, insecure } = config;
  const problems: Rule[] = [];
  if (!peers.has(id))
    problems.push({ key: 'peers', valid: `all servers of the cluster, among them this one, which is ${id}` });
  if (heartbeatMs >= electionTimeoutMs)
    problems.push({
      key: 'heartbeatMs',
      valid: `less than electionTimeoutMs (${electionTimeoutMs} ms), better a third of it or less`,
    });
  for (const [key, address] of Object.entries({ listen, http })) {
    if (address === undefined || isLoopback(address) || tls !== undefined || insecure) continue;
    problems.push({
      key,
      valid:
        `an address of this machine only, such as 127.0.0.1:${address.port}, because ${formatAddress(address)} can be reached by ` +
        'others and TLS is not configured: configure tlsCert, tlsKey and tlsCa, or accept the risk with insecure',
    });
  }
  const samePort = http !== undefined && http.port !== 0 && http.port === listen.port;
  if (samePort && http.host === listen.host)
    problems.push({ key: 'http', valid: 'another address than listen' });
  return problems;
}

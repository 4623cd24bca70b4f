// Starts a server: files, write-ahead log, replica, network and HTTP, in this order. When one fails, what was begun is ended.
import { makeAdminService } from '@raftlab/kv';
import type { PeerStoppedError } from '@raftlab/raft-core';
import type { Clock, Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { StoredState } from '@raftlab/storage';
import { listen, type TcpServer } from '@raftlab/tcp';
import { openWal, type Wal } from '@raftlab/wal';
import type { DestinationStream } from 'pino';
import { admitBy } from './access.ts';
import { formatAddress, isLoopback } from './address.ts';
import { ClusterStatus } from './cluster-document.ts';
import type { ServerConfig } from './config.ts';
import { HttpEndpoints } from './http-endpoints.ts';
import { makeMetrics, type ServerMetrics } from './metrics.ts';
import { makeReplica, type Replica } from './replica.ts';
import { RunningServer } from './running-server.ts';
import { readSecrets, type Secrets } from './secrets.ts';
import { ServerLog } from './server-log.ts';

/** What a server takes from its process. */
export interface Surroundings {
  readonly clock: Clock;
  /** Another seed for each start of each server. */
  readonly random: Random;
  /** Where the log goes, as JSON lines; a `pino.destination` or any stream. */
  readonly logDestination: DestinationStream;
}

/**
 * Starts a server and resolves when it takes connections. Rejects with a ConfigError for files that the configuration names, a
 * RangeError for a certificate that is not the server's, a LockedError, IdentityError or CorruptStateError for the data directory, and
 * the system's error for an address that is in use. Nothing is left open then.
 */
export async function startKeyValueServer(
  config: ServerConfig,
  surroundings: Surroundings,
): Promise<RunningServer> {
  const { clock, random, logDestination } = surroundings;
  const log = new ServerLog(config, logDestination);
  const secrets = await readSecrets(config);
  const { wal, stored } = await openData(config);
  let onFailure: (error: PeerStoppedError) => void = () => undefined;
  const failure = new Promise<PeerStoppedError>((resolve) => {
    onFailure = resolve;
  });
  const replica = makeReplica({ config, clock, random, log, wal, stored, onFailure });
  let running: RunningServer | undefined;
  const status = (): ReturnType<RunningServer['status']> => {
    assert(running !== undefined, 'the status of a server is read while it runs');
    return running.status();
  };
  const metrics = makeMetrics(status, clock);
  let network: TcpServer | undefined;
  try {
    network = await listenFor(replica, { config, secrets, surroundings, log, metrics });
    const others = new ClusterStatus(clock, network, status);
    const http =
      config.http &&
      new HttpEndpoints({
        address: config.http,
        status,
        cluster: () => others.document(),
        registry: metrics.registry,
      });
    const { server, raft, elections } = replica;
    const callsEnded = (): number => metrics.durations.count;
    running = new RunningServer(
      { config, clock, log, elections, server, raft, network, http, callsEnded },
      failure,
    );
    await http?.listen();
  } catch (error) {
    await network?.close();
    await replica.server.stop();
    throw error;
  }
  announce(running, config, log);
  return running;
}

async function openData({
  data,
  cluster,
  id,
  start,
  segmentBytes: segmentSizeBytes,
}: ServerConfig): Promise<{ readonly wal: Wal; readonly stored: StoredState | undefined }> {
  const wal = await openWal(data, {
    cluster,
    server: id,
    start: start === 'auto' ? 'either' : start,
    segmentSizeBytes,
  });
  try {
    return { wal, stored: await wal.load() };
  } catch (error) {
    await wal.close();
    throw error;
  }
}

interface Around {
  readonly config: ServerConfig;
  readonly secrets: Secrets;
  readonly surroundings: Surroundings;
  readonly log: ServerLog;
  readonly metrics: ServerMetrics;
}

async function listenFor(
  { server, raft, transport }: Replica,
  { config, secrets: { tls, tokens }, surroundings: { clock, random }, log, metrics }: Around,
): Promise<TcpServer> {
  const services = [server.service, makeAdminService({ server, raft, clock })];
  for (const service of services) metrics.durations.show(service);
  const network = await listen({
    cluster: config.cluster,
    server: config.id,
    ...config.listen,
    peers: config.peers,
    services,
    onCallEnded: (method, durationMs) => metrics.durations.add(method, durationMs),
    admit: admitBy({ hasTls: tls !== undefined, tokens }),
    clientsNeedNoCertificate: tokens !== undefined,
    token: tokens?.own,
    tls,
    limits: { connectionsMax: config.connectionsMax },
    clock,
    random: random.fork('network'),
    onEvent: (event) => log.onNetworkEvent(event),
  });
  network.transport.connect(raft);
  transport.connect(network.transport);
  return network;
}

function announce(running: RunningServer, config: ServerConfig, log: ServerLog): void {
  const { data, peers, tls, tokenFile } = config;
  const listensOn = formatAddress(running.address);
  const http = running.httpAddress && formatAddress(running.httpAddress);
  const hasTls = tls !== undefined;
  log.info(
    {
      listen: listensOn,
      http,
      data,
      servers: [...peers.keys()],
      tls: hasTls,
      tokens: tokenFile !== undefined,
    },
    'the server takes connections',
  );
  if (!hasTls && !isLoopback(running.address))
    log.warn(
      { insecure: true, listen: listensOn },
      'insecure: everything is sent in the clear, and any program that reaches this address can read or change it',
    );
}

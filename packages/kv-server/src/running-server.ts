// A server that runs: its parts, its status, and how it stops in order.
import { reportOf, type KeyValueServer } from '@raftlab/kv';
import type { PeerStoppedError, Raft } from '@raftlab/raft-core';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { Address, TcpServer } from '@raftlab/tcp';
import { formatAddress } from './address.ts';
import type { ServerConfig } from './config.ts';
import type { HttpEndpoints } from './http-endpoints.ts';
import type { ServerLog } from './server-log.ts';
import type { ElectionLog, StatusDocument } from './status-document.ts';

/** How long a leader that stops waits for another one to lead, in ms. */
const transferMaxMs = 1500;
/** How long calls that have begun may take to end, in ms. */
const drainMaxMs = 1000;
const drainCheckMs = 10;

/** The parts of a server. */
export interface ServerParts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly log: ServerLog;
  readonly elections: ElectionLog;
  readonly server: KeyValueServer;
  readonly raft: Raft<Uint8Array>;
  readonly network: TcpServer;
  /** Undefined without `http` in the configuration. */
  readonly http: HttpEndpoints | undefined;
  /** Of calls of clients. */
  readonly callsEnded: () => number;
}

/** A server that takes connections. */
export class RunningServer {
  /** Resolves when the peer stops by itself, such as after a failed write. The server cannot go on then: stop it, and end the process. */
  readonly failure: Promise<PeerStoppedError>;
  readonly #parts: ServerParts;
  readonly #startedAt: number;
  #state: StatusDocument['state'] = 'running';
  #stopping: Promise<void> | undefined;

  /** See `startKeyValueServer`. */
  constructor(parts: ServerParts, failure: Promise<PeerStoppedError>) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.failure = failure.then((error) => {
      this.#state = 'failed';
      parts.log.fatal(error, 'the server cannot go on');
      return error;
    });
  }

  /** Where servers and clients connect. */
  get address(): Address {
    return this.#parts.network.address;
  }

  /** Where status, health and metrics are served; undefined without `http` in the configuration. */
  get httpAddress(): Address | undefined {
    return this.#parts.http?.address;
  }

  /** The status at this moment. */
  status(): StatusDocument {
    const { config, clock, server, raft, network, elections, callsEnded } = this.#parts;
    assert(config.peers.has(config.id), () => `server ${config.id} is none of its cluster`);
    return {
      cluster: config.cluster,
      server: config.id,
      state: this.#state,
      upMs: Math.round(clock.now() - this.#startedAt),
      peers: [...config.peers].map(([id, address]) => ({ server: id, address: formatAddress(address) })),
      report: reportOf({ server, raft }),
      counters: raft.status().counters,
      network: network.status(),
      callsEnded: callsEnded(),
      elections: elections.read(),
    };
  }

  /**
   * Stops in order: hands leadership on, waits for the calls that have begun, ends all connections, and releases the data directory.
   * Takes a second or two at most, unless the disk hangs. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { clock, log, raft, server, network, http } = this.#parts;
    if (this.#state === 'running') this.#state = 'stopping';
    log.info({}, 'stopping');
    if (raft.getState().isLeader) await this.#handOn();
    const endsAt = clock.now() + drainMaxMs;
    while (server.store.pendingCount > 0 && clock.now() < endsAt) await clock.sleep(drainCheckMs);
    await network.close();
    await http?.close();
    await server.stop();
    log.info({}, 'stopped');
  }

  async #handOn(): Promise<void> {
    const { clock, log, raft } = this.#parts;
    const isOver = new AbortController();
    const deadline = clock
      .sleep(transferMaxMs, isOver.signal)
      .then(() => ({ ok: false, reason: 'deadline' }) as const);
    const result = await Promise.race([raft.transferLeadership(), deadline]);
    isOver.abort();
    if (result.ok) log.info({}, 'leadership handed on');
    else log.warn({ reason: result.reason }, 'leadership not handed on');
  }
}

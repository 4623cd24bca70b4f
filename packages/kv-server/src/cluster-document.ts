// The status of this server together with what the others say of themselves.
import { statusMethod, type ServerReport } from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { TcpServer } from '@raftlab/tcp';
import type { StatusDocument } from './status-document.ts';

/** What `/cluster.json` returns. */
export interface ClusterDocument {
  /** Of the server that answers. */
  readonly status: StatusDocument;
  /** Every server of the cluster, in the order of the ids. Without a report it did not answer in time. */
  readonly servers: readonly {
    readonly server: ServerId;
    readonly address: string;
    readonly report: ServerReport | null;
  }[];
}

/** How long the others may take, in ms: a page asks every second. */
const answerMaxMs = 400;
/** The others are asked this often at most, in ms, however many pages are open. */
const askEveryMs = 500;

/** Asks the servers of a cluster for their status. */
export class ClusterStatus {
  readonly #clock: Clock;
  readonly #network: Pick<TcpServer, 'end'>;
  readonly #read: () => StatusDocument;
  #askedAt = -Infinity;
  #document: Promise<ClusterDocument> | undefined;

  /** `read`: the status of this server. */
  constructor(clock: Clock, network: Pick<TcpServer, 'end'>, read: () => StatusDocument) {
    this.#clock = clock;
    this.#network = network;
    this.#read = read;
  }

  /** The document, which may be half a second old. */
  document(): Promise<ClusterDocument> {
    const now = this.#clock.now();
    if (this.#document === undefined || now - this.#askedAt >= askEveryMs) {
      this.#askedAt = now;
      this.#document = this.#ask();
    }
    return this.#document;
  }

  async #ask(): Promise<ClusterDocument> {
    const { peers, server: me } = this.#read();
    assert(
      peers.some(({ server }) => server === me),
      () => `server ${me} is none of its cluster`,
    );
    const reports = await Promise.all(
      peers.map(async ({ server }) => (server === me ? undefined : this.#reportOf(server))),
    );
    const status = this.#read();
    const servers = peers.map(({ server, address }, at) => ({
      server,
      address,
      report: server === me ? status.report : (reports[at] ?? null),
    }));
    return { status, servers: servers.toSorted((one, other) => one.server - other.server) };
  }

  /** Null when the server did not answer, or its program is another one. */
  async #reportOf(server: ServerId): Promise<ServerReport | null> {
    try {
      const result = await this.#network.end(server).call(statusMethod, null, { deadlineMs: answerMaxMs });
      return result.ok ? result.reply : null;
    } catch {
      return null;
    }
  }
}

// A client's side of the network: calls to the servers of one cluster.
import { createSecureContext } from 'node:tls';
import type { ServerId } from '@raftlab/protocol';
import { TcpClientEnd } from './client-end.ts';
import type { Address } from './dial.ts';
import { clientCertificateName, secureOptions } from './identity.ts';
import { contextOf, type NetworkContext, type NetworkOptions } from './network-context.ts';
import type { NetworkCounts } from './reports.ts';

/**
 * Makes a client of the servers at these addresses. No connection is made before the first call. Throws a RangeError for options that
 * make no sense.
 */
export function connect(addresses: ReadonlyMap<ServerId, Address>, options: NetworkOptions): TcpClient {
  const secure = options.tls && secureOptions(options.tls, clientCertificateName(options.cluster));
  return new TcpClient(contextOf(options, secure && createSecureContext(secure)), addresses);
}

/** What `connect` returns. */
export class TcpClient {
  readonly #context: NetworkContext;
  readonly #ends: ReadonlyMap<ServerId, TcpClientEnd>;

  /** See `connect`. */
  constructor(context: NetworkContext, addresses: ReadonlyMap<ServerId, Address>) {
    this.#context = context;
    this.#ends = new Map(
      [...addresses].map(([server, address]) => [
        server,
        new TcpClientEnd(context, { from: null, server, address }),
      ]),
    );
  }

  /** The servers that can be called. */
  get servers(): readonly ServerId[] {
    return [...this.#ends.keys()];
  }

  /** Calls to one server. Throws a RangeError for a server whose address is not known. */
  end(server: ServerId): TcpClientEnd {
    const end = this.#ends.get(server);
    if (end === undefined)
      throw new RangeError(
        `the address of server ${server} is not known; there are ${this.servers.join(', ')}.`,
      );
    return end;
  }

  /** What happened so far. */
  counts(): NetworkCounts {
    return this.#context.reports.counts();
  }

  /** Ends every connection. Calls that are pending are not ok. Idempotent. */
  close(): void {
    for (const end of this.#ends.values()) end.close();
  }
}

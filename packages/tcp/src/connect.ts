// A client's side of the network: calls to the servers of one cluster.
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { ServerId } from '@raftlab/protocol';
import { TcpClientEnd } from './client-end.ts';
import type { Address } from './dial.ts';
import {
  authorityOptions,
  certificateNames,
  secureOptions,
  type TlsAuthority,
  type TlsIdentity,
} from './identity.ts';
import { contextOf, type NetworkContext, type NetworkOptions } from './network-context.ts';
import type { NetworkCounts } from './reports.ts';

/** Options of `connect`. */
export interface ConnectOptions extends Omit<NetworkOptions, 'tls'> {
  /** TLS, with the certificate of a client, or with the authorities alone where the servers ask for a token only. */
  readonly tls?: TlsIdentity | TlsAuthority | undefined;
}

/**
 * Makes a client of the servers at these addresses. No connection is made before the first call. Throws a RangeError for options that
 * make no sense.
 */
export function connect(addresses: ReadonlyMap<ServerId, Address>, options: ConnectOptions): TcpClient {
  const secure = options.tls && clientOptions(options.tls, options.cluster);
  return new TcpClient(contextOf(options, secure && createSecureContext(secure)), addresses);
}

function clientOptions(tls: TlsIdentity | TlsAuthority, cluster: string): SecureContextOptions {
  if (!('cert' in tls)) return authorityOptions(tls);
  return secureOptions(
    tls,
    certificateNames(cluster, null).map(({ name }) => name),
  );
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

// Starts a server's side of the network.
import { createSecureContext } from 'node:tls';
import type { ServerId } from '@raftlab/protocol';
import type { Service } from '@raftlab/rpc';
import type { Admit } from './admission.ts';
import type { Address } from './dial.ts';
import { secureOptions, serverCertificateName } from './identity.ts';
import { contextOf, type NetworkOptions } from './network-context.ts';
import { TcpServer } from './tcp-server.ts';

/** Options of `listen`. */
export interface ListenOptions extends NetworkOptions {
  /** This server. */
  readonly server: ServerId;
  /** Where to listen; port 0 is any that is free. */
  readonly host: string;
  readonly port: number;
  /** The other servers. An entry of this one is ignored, so that all servers can be given the same map. */
  readonly peers: ReadonlyMap<ServerId, Address>;
  /** What clients, and the other servers, can call. */
  readonly services?: readonly Service[];
  /** Decides what the other side of each connection may do. Without it clients and servers may call everything. */
  readonly admit?: Admit | undefined;
  /** With TLS: whether a client may come without a certificate, so that `admit` decides by its token alone. */
  readonly clientsNeedNoCertificate?: boolean;
  /** Called when the handler of a call has ended, also when it failed: the method's full name, and how long it took. Must not throw. */
  readonly onCallEnded?: (method: string, durationMs: number) => void;
}

/**
 * Listens, and connects to the other servers. Resolves when connections are taken. Rejects with the system's error, as when the port
 * is in use, and with a RangeError for options that make no sense.
 */
export async function listen(options: ListenOptions): Promise<TcpServer> {
  const { cluster, server, host, port, peers, services = [], admit = () => 'all' } = options;
  const secure = options.tls && secureOptions(options.tls, [serverCertificateName(cluster, server)]);
  const context = contextOf(options, secure && createSecureContext(secure));
  const others = new Map([...peers].filter(([id]) => id !== server));
  const network = new TcpServer(context, {
    server,
    others,
    services,
    secure,
    admit,
    clientsNeedNoCertificate: options.clientsNeedNoCertificate === true,
    onCallEnded: options.onCallEnded,
  });
  try {
    await network.start(host, port);
  } catch (error) {
    await network.close();
    throw error;
  }
  return network;
}

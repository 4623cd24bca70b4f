// A server's side of the network: accepts connections, sends Raft's messages, answers calls and makes calls.
import type { SecureContextOptions } from 'node:tls';
import type { ServerId } from '@raftlab/protocol';
import type { Service } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import type { Admit } from './admission.ts';
import { Acceptor, type Accepted } from './acceptor.ts';
import { CallServer, Methods } from './call-server.ts';
import { TcpClientEnd } from './client-end.ts';
import type { Connection, ConnectionUser } from './connection.ts';
import type { Address } from './dial.ts';
import type { LinkState } from './link.ts';
import type { NetworkContext } from './network-context.ts';
import { RaftTransport } from './raft-transport.ts';
import type { Close } from './reasons.ts';
import type { NetworkCounts } from './reports.ts';

/** The state of a server's network. Plain data. */
export interface NetworkStatus {
  readonly counts: NetworkCounts;
  /** The states of the connections to each of the other servers. */
  readonly peers: readonly {
    readonly server: ServerId;
    readonly main: LinkState;
    readonly express: LinkState;
  }[];
}

/** Who a server is, and what it offers. */
export interface ServerDescription {
  readonly server: ServerId;
  readonly others: ReadonlyMap<ServerId, Address>;
  readonly services: readonly Service[];
  readonly secure: SecureContextOptions | undefined;
  readonly admit: Admit;
  readonly clientsNeedNoCertificate: boolean;
  readonly onCallEnded: ((method: string, durationMs: number) => void) | undefined;
}

/** What `listen` resolves with. */
export class TcpServer {
  /** Carries the messages of this server's Raft peer. */
  readonly transport: RaftTransport;
  readonly #context: NetworkContext;
  readonly #description: ServerDescription;
  readonly #methods: Methods;
  readonly #acceptor: Acceptor;
  /** Connections from the other servers, by server and lane: each has one at most. */
  readonly #lanes = new Map<string, Connection>();
  readonly #ends = new Map<ServerId, TcpClientEnd>();
  #address: Address | undefined;
  #closing: Promise<void> | undefined;

  /** See `listen`. Begins to connect to the others at once. */
  constructor(context: NetworkContext, description: ServerDescription) {
    const { server, others, services, secure, admit, clientsNeedNoCertificate } = description;
    assert(!others.has(server), () => `server ${server} is one of its own others`);
    this.#context = context;
    this.#description = description;
    this.#methods = new Methods(services);
    this.transport = new RaftTransport(context, server, others);
    this.#acceptor = new Acceptor(
      context,
      { me: server, secure, clientsNeedNoCertificate },
      {
        isKnown: (from) => others.has(from),
        admit,
        accept: (accepted) => this.#accept(accepted),
      },
    );
  }

  /** Where it listens. */
  get address(): Address {
    assert(this.#address !== undefined, 'a server has an address once it listens');
    return this.#address;
  }

  /** Calls to another server of the cluster. */
  end(server: ServerId): TcpClientEnd {
    const known = this.#ends.get(server);
    if (known !== undefined) return known;
    const address = this.#description.others.get(server);
    if (address === undefined) throw new RangeError(`the address of server ${server} is not known.`);
    const end = new TcpClientEnd(this.#context, { from: this.#description.server, server, address });
    this.#ends.set(server, end);
    return end;
  }

  /** The counts, and the states of the connections to the other servers. */
  status(): NetworkStatus {
    const peers = [...this.transport.states()].map(([server, { main, express }]) => ({
      server,
      main,
      express,
    }));
    return { counts: this.#context.reports.counts(), peers };
  }

  /** Takes connections from now on. */
  async start(host: string, port: number): Promise<void> {
    assert(this.#address === undefined, 'a server listens once');
    this.#address = { host, port: await this.#acceptor.listen(host, port) };
  }

  /**
   * Ends every connection, at once. Resolves when the port is free: another server may listen there. Calls that are pending are not
   * ok; what their handlers still answer is lost. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#acceptor.close();
    this.transport.close();
    for (const end of this.#ends.values()) end.close();
    return this.#closing;
  }

  #accept({ connection, hello: { from, purpose }, peer, permission }: Accepted): ConnectionUser {
    const onClose = (close: Close): void => this.#context.reports.disconnected('in', peer, close);
    if (from !== null) this.transport.retry(from);
    if (purpose === 'calls') {
      const { onCallEnded } = this.#description;
      const methods = this.#methods;
      const calls = new CallServer(this.#context, connection, { methods, permission, onCallEnded });
      return { onFrame: (kind, body) => calls.onFrame(kind, body), onClose };
    }
    assert(from !== null, 'a lane of messages comes from a server');
    const lane = `${from} ${purpose}`;
    // The other server has given up the old one: its messages must not mix with those of the new one.
    this.#lanes.get(lane)?.close('replaced', 'the same server has made a new connection');
    this.#lanes.set(lane, connection);
    const { others } = this.#description;
    assert(this.#lanes.size <= 2 * others.size, 'each of the others has two lanes at most');
    return this.transport.userFor(from, (close) => {
      if (this.#lanes.get(lane) === connection) this.#lanes.delete(lane);
      onClose(close);
    });
  }
}

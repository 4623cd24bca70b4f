// The network of a cluster: the links between its servers, and the ends of its clients. A server is connected or
// disconnected as a whole, as in Lab 3, or servers are partitioned into two sides, as in Lab 4.
import { Network, Server, type MessageTime, type RpcError } from '@raftlab/labrpc';
import type { ServerId } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Clock, Random } from '@raftlab/runtime';
import { ClusterClient } from './cluster-client.ts';
import { ClusterError } from './cluster-error.ts';
import type { Journal } from './journal.ts';

const endNameLength = 20;

export interface ClusterNetworkOptions {
  readonly serverCount: number;
  readonly clock: Clock;
  /** Determines losses and delays. */
  readonly random: Random;
  /** Names the ends of servers, and orders and names those of clients. */
  readonly names: { readonly servers: Random; readonly clients: Random };
  readonly journal: Journal;
  readonly isReliable: boolean;
  /** Whether a call that cannot be delivered fails after up to 7 s (Lab 3) instead of up to 0.1 s (Lab 4). */
  readonly hasLongDelays: boolean;
  /** What each message takes; undefined: a message of a reliable network takes no time, as in the lab. */
  readonly messageTime: MessageTime | undefined;
  readonly onFault: (fault: RpcError) => void;
}

/** The servers' links, with the faults that a test inflicts on them. */
export class ClusterNetwork {
  readonly #options: ClusterNetworkOptions;
  readonly #network: Network;
  readonly #servers: readonly ServerId[];
  /** By server: the names of the ends that it calls, one for each server. A server that never started has none. */
  readonly #endNames = new Map<ServerId, readonly string[]>();
  readonly #connected = new Set<ServerId>();
  /** Links that a partition has cut, as `from>to`. */
  readonly #cut = new Set<string>();
  #conditions = { isReliable: true, isLongReordering: false };

  constructor(options: ClusterNetworkOptions) {
    const { serverCount, clock, random, journal, isReliable, hasLongDelays, messageTime, onFault } = options;
    this.#options = options;
    this.#servers = Array.from({ length: serverCount }, (_, server) => server);
    this.#network = new Network({
      clock,
      random,
      onFault,
      onEvent: (event) => journal.onNetworkEvent(event),
    });
    this.setReliable(isReliable);
    this.#network.longDelays(hasLongDelays);
    this.#network.messageTime(messageTime);
  }

  // ---- servers ----

  /** Makes new ends for a server that starts, one to each server. They are closed until the server is connected. */
  makeEnds(server: ServerId): ClientEnd[] {
    const names = this.#servers.map(() => this.#options.names.servers.string(endNameLength));
    this.#endNames.set(server, names);
    return names.map((name, to) => {
      const end = this.#network.makeEnd(name);
      this.#network.connect(name, to);
      return this.#options.journal.watch(end, { from: server, to });
    });
  }

  addServer(server: ServerId, services: readonly Service[]): void {
    const registered = new Server();
    for (const service of services) registered.addService(service);
    this.#network.addServer(server, registered);
  }

  deleteServer(server: ServerId): void {
    this.#network.deleteServer(server);
  }

  // ---- links ----

  isConnected(server: ServerId): boolean {
    return this.#connected.has(server);
  }

  /** Opens the links between this server and all connected ones, in both directions. */
  connect(server: ServerId): void {
    this.#connected.add(server);
    this.#options.journal.record({ kind: 'connect', server });
    for (const other of this.#servers) {
      if (!this.#connected.has(other)) continue;
      this.#open(server, other);
      this.#open(other, server);
    }
  }

  /** Closes all links of this server. */
  disconnect(server: ServerId): void {
    if (this.#connected.delete(server)) this.#options.journal.record({ kind: 'disconnect', server });
    for (const other of this.#servers) {
      for (const name of [this.#endNames.get(server)?.[other], this.#endNames.get(other)?.[server]]) {
        if (name !== undefined) this.#network.enable(name, false);
      }
    }
  }

  /** Opens all links within each side, and closes all links between the sides. Clients keep theirs. */
  partition(first: readonly ServerId[], second: readonly ServerId[]): void {
    for (const server of [...first, ...second]) this.#connected.add(server);
    for (const [side, others] of [
      [first, second],
      [second, first],
    ] as const) {
      for (const from of side) {
        for (const to of side) this.#open(from, to);
        for (const to of others) this.#close(from, to);
      }
    }
  }

  // ---- clients ----

  /** A client with an end to each server; those to the servers in `to` are open. */
  makeClient(to: readonly ServerId[]): ClusterClient {
    const { clients } = this.#options.names;
    const order = shuffled(this.#servers, clients);
    const client = new ClusterClient(this.#network, order, () => clients.string(endNameLength));
    client.connect(to);
    return client;
  }

  // ---- conditions ----

  setReliable(isReliable: boolean): void {
    this.#network.reliable(isReliable);
    this.#change({ isReliable });
  }

  setLongReordering(isLongReordering: boolean): void {
    this.#network.longReordering(isLongReordering);
    this.#change({ isLongReordering });
  }

  // ---- counts ----

  /** Requests that have reached a server since it started. Throws if it is down. */
  rpcCount(server: ServerId): number {
    return this.#network.getCount(server);
  }

  /** Calls that entered the network, of servers and clients. */
  rpcTotal(): number {
    return this.#network.getTotalCount();
  }

  bytesTotal(): number {
    return this.#network.getTotalBytes();
  }

  /** From now on no call enters. */
  shut(): void {
    this.#network.cleanup();
  }

  #open(from: ServerId, to: ServerId): void {
    this.#network.enable(this.#endName(from, to), true);
    if (this.#cut.delete(`${from}>${to}`)) this.#options.journal.record({ kind: 'join', from, to });
  }

  #close(from: ServerId, to: ServerId): void {
    this.#network.enable(this.#endName(from, to), false);
    const link = `${from}>${to}`;
    if (this.#cut.has(link)) return;
    this.#cut.add(link);
    this.#options.journal.record({ kind: 'cut', from, to });
  }

  #endName(from: ServerId, to: ServerId): string {
    const name = this.#endNames.get(from)?.[to];
    if (name === undefined) {
      throw new ClusterError(`server ${from} has no end to server ${to}: it was never started`);
    }
    return name;
  }

  #change(change: { isReliable?: boolean; isLongReordering?: boolean }): void {
    this.#conditions = { ...this.#conditions, ...change };
    const { isReliable, isLongReordering } = this.#conditions;
    const text = `${isReliable ? 'reliable' : 'unreliable'}${isLongReordering ? ', replies held back' : ''}`;
    this.#options.journal.record({ kind: 'network', text });
  }
}

/** The items in a random order, each order equally likely. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.int(0, rest.length - 1), 1)).flat();
}

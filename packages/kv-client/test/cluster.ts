// A cluster of the key/value service inside the test's process: real sockets, storage in memory.
import { randomUUID } from 'node:crypto';
import { KeyValueServer, makeAdminService } from '@raftlab/kv';
import { Persister } from '@raftlab/persister';
import { Membership, type ServerId } from '@raftlab/protocol';
import { Raft } from '@raftlab/raft-core';
import { Random, SystemClock } from '@raftlab/runtime';
import { freePorts, listen, type Address, type ListenOptions, type TcpServer } from '@raftlab/tcp';
import { assert } from '@raftlab/runtime/assert';

export const clock = new SystemClock();
export const cluster = 'test';
const host = '127.0.0.1';

const bytesCodec = {
  name: 'bytes',
  encode: (bytes: Uint8Array) => bytes.slice(),
  decode: (bytes: Uint8Array) => bytes.slice(),
};

/** Short, since a test waits for elections. */
const config = { heartbeatIntervalMs: 20, electionTimeoutMinMs: 100, electionTimeoutMaxMs: 200 };

/** What a test may change about the network of the servers. */
type NetworkParts = Partial<Pick<ListenOptions, 'cluster' | 'tls'>>;

/** One running server. */
interface Running {
  readonly raft: Raft<Uint8Array>;
  readonly server: KeyValueServer;
  readonly network: TcpServer;
}

/** A cluster whose servers can be stopped and started. */
export class TestCluster {
  readonly #addresses: ReadonlyMap<ServerId, Address>;
  readonly #storages = new Map<ServerId, Persister>();
  readonly #running = new Map<ServerId, Running>();

  readonly #network: NetworkParts;

  private constructor(addresses: ReadonlyMap<ServerId, Address>, network: NetworkParts) {
    this.#addresses = addresses;
    this.#network = network;
  }

  /** Starts servers 1 to `count`. */
  static async start(count: number, network: NetworkParts = {}): Promise<TestCluster> {
    const started = new TestCluster(await freeAddresses(count), network);
    for (const server of started.#addresses.keys()) await started.start(server);
    return started;
  }

  /** `1=127.0.0.1:…,2=…`. */
  get endpoints(): string {
    return [...this.#addresses].map(([server, { port }]) => `${server}=${host}:${port}`).join(',');
  }

  /** The server that leads, once one does. */
  async leader(): Promise<ServerId> {
    for (;;) {
      for (const [id, { raft }] of this.#running) if (raft.getState().isLeader) return id;
      await clock.sleep(5);
    }
  }

  async start(me: ServerId): Promise<void> {
    const address = this.#addresses.get(me);
    assert(address !== undefined && !this.#running.has(me), () => `server ${me} cannot be started`);
    const random = Random.fromSeed(`server ${me}`);
    const storage = this.#storages.get(me) ?? new Persister();
    this.#storages.set(me, storage);
    // The service is made with the peer, and the network with the service.
    const networks: TcpServer[] = [];
    const rafts: Raft<Uint8Array>[] = [];
    const server = new KeyValueServer({
      clock,
      makePeer: (applyCh) => {
        const raft = new Raft<Uint8Array>({
          me,
          membership: new Membership(this.#addresses.keys()),
          transport: {
            send: (message) => networks[0]?.transport.send(message),
            close: () => networks[0]?.transport.close(),
          },
          storage,
          applyCh,
          commandCodec: bytesCodec,
          clock,
          random,
          config,
        });
        rafts.push(raft);
        return raft;
      },
    });
    const [raft] = rafts;
    assert(raft !== undefined, 'the server has made no peer');
    const services = [server.service, makeAdminService({ server, raft, clock })];
    const network = await listen({
      cluster,
      server: me,
      ...address,
      peers: this.#addresses,
      services,
      clock,
      random,
      ...this.#network,
    });
    networks.push(network);
    network.transport.connect(raft);
    this.#running.set(me, { raft, server, network });
  }

  /** Stops a server; its storage is kept. */
  async stop(me: ServerId): Promise<void> {
    const running = this.#running.get(me);
    this.#running.delete(me);
    running?.server.kill();
    await running?.network.close();
  }

  async close(): Promise<void> {
    for (const me of this.#running.keys()) await this.stop(me);
  }
}

/** Addresses of so many servers of this machine, from 1 on. */
async function freeAddresses(count: number): Promise<Map<ServerId, Address>> {
  const ports = await freePorts(host, { count, random: Random.fromSeed(randomUUID()) });
  return new Map(ports.map((port, position) => [position + 1, { host, port }]));
}

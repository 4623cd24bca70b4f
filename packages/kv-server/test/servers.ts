// Servers for tests: on free ports of this machine, with their data in a temporary folder.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clerk } from '@raftlab/kv';
import { parseServerConfig, startKeyValueServer, type RunningServer } from '@raftlab/kv-server';
import { Random, SystemClock } from '@raftlab/runtime';
import { connect, freePorts, type Address, type ConnectOptions, type TcpClient } from '@raftlab/tcp';

export const clock = new SystemClock();
const host = '127.0.0.1';
const cluster = 'test';
/** What is awaited from the system must happen within this time. */
const waitMaxMs = 20_000;

/** Polls until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endsAt = clock.now() + waitMaxMs;
  while (!(await condition())) {
    if (clock.now() > endsAt) throw new Error(`waited ${waitMaxMs} ms: ${what}`);
    await clock.sleep(10);
  }
}

/** Three servers that can be started and stopped, and their clients. */
export class TestCluster {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'raftlab-kv-server-'));
  readonly servers = new Map<number, RunningServer>();
  readonly log: string[] = [];
  readonly #addresses: ReadonlyMap<number, Address>;
  readonly #settings: (server: number) => Record<string, unknown>;
  readonly #clients: TcpClient[] = [];
  #startCount = 0;

  private constructor(
    addresses: ReadonlyMap<number, Address>,
    settings: (server: number) => Record<string, unknown>,
  ) {
    this.#addresses = addresses;
    this.#settings = settings;
  }

  /** Servers 1 to 3, not started. `settings`: what each has besides its addresses. */
  static async make(
    settings: (server: number) => Record<string, unknown> = () => ({}),
  ): Promise<TestCluster> {
    const ports = await unusedPorts(3);
    return new TestCluster(new Map(ports.map((port, at) => [at + 1, { host, port }])), settings);
  }

  /** Starts these servers. */
  async start(...ids: readonly number[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        const peers = [...this.#addresses].map(([server, address]) => `${server}=${host}:${address.port}`);
        const config = parseServerConfig({
          id,
          cluster,
          data: join(this.folder, `${id}`),
          listen: `${host}:${this.#addresses.get(id)?.port ?? 0}`,
          peers: peers.join(','),
          http: `${host}:0`,
          segmentBytes: 1 << 20,
          // Other tests keep the machine busy meanwhile: a leader stays leader all the same.
          electionTimeoutMs: 600,
          ...this.#settings(id),
        });
        this.#startCount += 1;
        const random = Random.fromSeed(`${this.#startCount}`);
        const logDestination = { write: (line: string) => void this.log.push(line) };
        this.servers.set(id, await startKeyValueServer(config, { clock, random, logDestination }));
      }),
    );
  }

  /** Stops these servers in order. */
  async stop(...ids: readonly number[]): Promise<void> {
    await Promise.all(ids.flatMap((id) => this.servers.get(id)?.stop() ?? []));
    for (const id of ids) this.servers.delete(id);
  }

  /** The server that leads, once there is one that the others know. */
  async leader(): Promise<number> {
    let leaders = new Set<number | null>();
    await until(() => {
      leaders = new Set([...this.servers.values()].map((server) => server.status().report.leaderId));
      return leaders.size === 1 && !leaders.has(null);
    }, 'the servers know one leader');
    return [...leaders][0] ?? 0;
  }

  /** A client with its own connections. */
  client(options: Pick<ConnectOptions, 'token' | 'tls'> = {}): { clerk: Clerk; network: TcpClient } {
    const random = Random.fromSeed(`client ${this.#clients.length}`);
    const network = connect(this.#addresses, { cluster, clock, random, ...options });
    this.#clients.push(network);
    return {
      clerk: new Clerk(
        [1, 2, 3].map((id) => network.end(id)),
        { clock, random },
      ),
      network,
    };
  }

  /** What a server answers over HTTP. */
  async get(
    id: number,
    path: string,
    method = 'GET',
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { port } = this.servers.get(id)?.httpAddress ?? { port: 0 };
    const response = await fetch(`http://${host}:${port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.stop(...this.servers.keys());
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** So many ports of this machine, all different. */
export function unusedPorts(count: number): Promise<number[]> {
  return freePorts(host, { count, random: Random.fromSeed(randomUUID()) });
}

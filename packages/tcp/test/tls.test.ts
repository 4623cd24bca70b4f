// Mutual TLS: both suites pass over it, and every wrong certificate is refused with a reason that both sides report and count.
import { connect as connectSocket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { Random } from '@raftlab/runtime';
import { bind, makeService, valueMethod, type Service } from '@raftlab/rpc';
import { transportCompliance, type TransportUnderTest } from '@raftlab/rpc/compliance';
import { connect, type NetworkEvent, type TcpLimits, type TcpServer, type TlsIdentity } from '@raftlab/tcp';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Authority } from './certificates.ts';
import { messageSuite } from './message-suite.ts';
import {
  clock,
  closeAll,
  cluster,
  freeAddresses,
  startCluster,
  startServer,
  until,
  type TestServer,
} from './networks.ts';
import { helloBytes, RawConnection } from './raw-connection.ts';

let authority: Authority;
let foreign: Authority;
let identities: readonly TlsIdentity[];
let client: TlsIdentity;
beforeAll(async () => {
  [authority, foreign] = await Promise.all([Authority.make('ours'), Authority.make('foreign')]);
  const names = [0, 1, 2].map((server) => `server-${server}.${cluster}`);
  identities = await Promise.all(names.map((name) => authority.issue([name])));
  client = await authority.issue([`client.${cluster}`]);
});

const servers: TestServer[] = [];
afterEach(() => closeAll(servers.splice(0)));

function identityOf(server: number): TlsIdentity {
  const identity = identities[server];
  if (identity === undefined) throw new Error(`there is no certificate of server ${server}`);
  return identity;
}

const echo = valueMethod('Test.Echo', { args: z.unknown(), reply: z.unknown() });
const services = [makeService('Test', [bind(echo, (value) => value)])];

async function secureServer(
  tls: (server: number) => TlsIdentity = identityOf,
  limits: Partial<TcpLimits> = {},
): Promise<TestServer> {
  const server = await startServer(0, await freeAddresses(2), { tls, services, limits });
  servers.push(server);
  return server;
}

async function overTls(offered: readonly Service[]): Promise<TransportUnderTest> {
  const addresses = await freeAddresses(1);
  let server: TcpServer | undefined;
  const startWith = async (next: readonly Service[]): Promise<void> => {
    server = (await startServer(0, addresses, { services: next, tls: identityOf })).network;
  };
  const caller = connect(addresses, { cluster, clock, random: Random.fromSeed(1), tls: client });
  await startWith(offered);
  return {
    end: caller.end(0),
    clock,
    stopServer: () => server?.close(),
    startServer: startWith,
    async close() {
      caller.close();
      await server?.close();
    },
  };
}

describe('calls', () => {
  test.each(transportCompliance.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    await expect(each.run(overTls)).resolves.toBeUndefined();
  });
});

describe('messages', () => {
  test.each(messageSuite.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    await expect(each.run({ tls: identityOf })).resolves.toBeUndefined();
  });
});

test('a cluster of three servers is connected both ways on both lanes', async () => {
  servers.push(...(await startCluster(3, { tls: identityOf })));
  for (const { network } of servers) expect(network.status().counts.accepted).toBeGreaterThanOrEqual(4);
});

/** The refusals that a server reports of a client with this certificate, and what the client reports. */
async function refusalsOf(
  tls: TlsIdentity | undefined,
  server: TestServer,
): Promise<{ atServer: string[]; atClient: (string | undefined)[] }> {
  const events: NetworkEvent[] = [];
  const caller = connect(new Map([[0, server.network.address]]), {
    cluster,
    clock,
    random: Random.fromSeed(1),
    onEvent: (event) => events.push(event),
    ...(tls && { tls }),
  });
  const result = await caller.end(0).call(echo, 1);
  expect(result).toEqual({ ok: false, reason: 'unreachable' });
  caller.close();
  const isRefusal = (event: NetworkEvent): boolean => event.kind === 'refused';
  await until(() => server.events.some(isRefusal), 'the server reports the refusal');
  const atServer = server.events.flatMap((event) =>
    event.kind === 'refused' ? [`${event.by}: ${event.reason}`] : [],
  );
  const atClient = events.flatMap((event) =>
    event.kind === 'unreachable' ? [`${event.problem.by}: ${event.problem.refusal?.reason}`] : [],
  );
  expect(server.network.status().counts.accepted).toBe(0);
  return { atServer, atClient };
}

describe('a client is refused, and both sides say why', () => {
  test('with an expired certificate', async () => {
    const tls = await authority.issue([`client.${cluster}`], { isExpired: true });
    expect(await refusalsOf(tls, await secureServer())).toEqual({
      atServer: ['here: certificate'],
      atClient: ['there: certificate'],
    });
  });

  test('with a certificate of a foreign authority', async () => {
    const tls = { ...(await foreign.issue([`client.${cluster}`])), ca: authority.pem };
    expect(await refusalsOf(tls, await secureServer())).toEqual({
      atServer: ['here: certificate'],
      atClient: ['there: certificate'],
    });
  });

  test('without TLS', async () => {
    expect(await refusalsOf(undefined, await secureServer())).toEqual({
      atServer: ['here: tls'],
      atClient: ['there: tls'],
    });
  });

  test('with TLS at a port that has none', async () => {
    const server = await startServer(0, await freeAddresses(1), { services });
    servers.push(server);
    expect(await refusalsOf(client, server)).toEqual({ atServer: ['here: tls'], atClient: ['here: tls'] });
  });
});

describe('a client refuses a server, and both sides say why', () => {
  test('with an expired certificate', async () => {
    const expired = await authority.issue([`server-0.${cluster}`], { isExpired: true });
    expect(await refusalsOf(client, await secureServer(() => expired))).toEqual({
      atServer: ['there: certificate'],
      atClient: ['here: certificate'],
    });
  });

  test('with a certificate of a foreign authority', async () => {
    const tls = { ...(await foreign.issue([`server-0.${cluster}`])), ca: authority.pem };
    expect(await refusalsOf(client, await secureServer(() => tls))).toEqual({
      atServer: ['there: certificate'],
      atClient: ['here: certificate'],
    });
  });
});

describe('the name of a certificate decides who its owner is', () => {
  /** The refusal of a hello from `from` that is sent with this certificate. */
  async function refusalOf(from: number | null, tls: TlsIdentity): Promise<string | undefined> {
    const server = await secureServer();
    const socket = connectSecurely({
      ...server.network.address,
      ...tls,
      ca: [String(tls.ca)],
      checkServerIdentity: () => undefined,
    });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const connection = new RawConnection(socket);
    socket.write(helloBytes({ from, purpose: from === null ? 'calls' : 'main' }));
    await until(() => connection.frames.length > 0, 'the hello is answered');
    socket.destroy();
    return connection.refusal?.reason;
  }

  test('a server comes with its own', async () => {
    expect(await refusalOf(1, identityOf(1))).toBeUndefined();
  });

  test("a server with another server's is refused", async () => {
    expect(await refusalOf(1, identityOf(2))).toBe('name');
  });

  test("a client's is not a server's", async () => {
    expect(await refusalOf(1, client)).toBe('name');
  });

  test("a server's is not a client's", async () => {
    expect(await refusalOf(null, identityOf(1))).toBe('name');
  });

  test('a wildcard is no name, nor is the common name', async () => {
    expect(await refusalOf(1, await authority.issue([`*.${cluster}`]))).toBe('name');
  });

  test('one certificate may have several names', async () => {
    const tls = await authority.issue([`client.${cluster}`, `server-1.${cluster}`]);
    expect(await refusalOf(1, tls)).toBeUndefined();
  });

  test('a server with the name of another one is refused by those that call it', async () => {
    const peers = await freeAddresses(2);
    const both = await authority.issue([`server-0.${cluster}`, `server-9.${cluster}`]);
    const other = await authority.issue([`server-1.${cluster}`]);
    const server = await startServer(0, peers, { tls: () => both, services });
    servers.push(server);
    const events: NetworkEvent[] = [];
    const caller = connect(new Map([[9, server.network.address]]), {
      cluster,
      clock,
      random: Random.fromSeed(1),
      tls: client,
      onEvent: (event) => events.push(event),
    });
    // The certificate has the name, the server has another number: the hello is refused.
    expect(await caller.end(9).call(echo, 1)).toEqual({ ok: false, reason: 'unreachable' });
    expect(events).toMatchObject([{ problem: { by: 'there', refusal: { reason: 'server' } } }]);
    caller.close();
    const wrong = connect(new Map([[5, server.network.address]]), {
      cluster,
      clock,
      random: Random.fromSeed(1),
      tls: client,
      onEvent: (event) => events.push(event),
    });
    expect(await wrong.end(5).call(echo, 1)).toEqual({ ok: false, reason: 'unreachable' });
    expect(events[1]).toMatchObject({ problem: { by: 'here', refusal: { reason: 'name' } } });
    wrong.close();
    expect(other.cert).not.toBe(both.cert);
  });
});

describe('its own certificate must be usable', () => {
  test('a server with a certificate of another name does not start', async () => {
    await expect(secureServer(() => identityOf(1))).rejects.toThrow(
      'tls: the certificate is for DNS:server-1.test; it has to be for DNS:server-0.test',
    );
  });

  test('text that is no certificate is refused', async () => {
    const tls = { ...identityOf(0), cert: 'nonsense' };
    await expect(secureServer(() => tls)).rejects.toThrow('tls: cert, key and ca cannot be used');
  });
});

test('garbage in the handshake of TLS, and a handshake that never ends, are counted once each', async () => {
  const server = await secureServer(identityOf, { handshakeMaxMs: 300 });
  const garbage = await RawConnection.to(server.network.address);
  garbage.socket.write(Uint8Array.of(0x16, 9, 9, 0, 1, 0));
  await garbage.closed();
  const { host, port } = server.network.address;
  const silent = new RawConnection(connectSocket({ host, port }));
  silent.socket.write(Uint8Array.of(0x16, 3));
  await silent.closed();
  const reasons = server.events.flatMap((event) => (event.kind === 'refused' ? [event.reason] : []));
  expect(reasons.toSorted()).toEqual(['timeout', 'tls']);
});

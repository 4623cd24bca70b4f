// The handshake: who is let in, and what both sides say of those who are not.
import { connect as connectSocket } from 'node:net';
import { valueCodec } from '@raftlab/rpc';
import { Random } from '@raftlab/runtime';
import { connect, type Address, type NetworkEvent } from '@raftlab/tcp';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { frameKinds } from '#src/frames';
import { encodeRefusal, type Hello } from '#src/handshake';
import {
  clock,
  closeAll,
  freeAddresses,
  host,
  isConnected,
  startServer,
  until,
  type TestServer,
} from './networks.ts';
import { frameBytes, helloBytes, RawConnection, RawServer } from './raw-connection.ts';

const servers: TestServer[] = [];
afterEach(() => closeAll(servers.splice(0)));

async function oneServer(options: Parameters<typeof startServer>[2] = {}): Promise<TestServer> {
  const server = await startServer(0, await freeAddresses(3), options);
  servers.push(server);
  return server;
}

/** A refusal without a sentence. */
const emptyRefusal = valueCodec('Refusal', z.unknown()).encode({ reason: 'busy', message: '' });

function refusals({ events }: { readonly events: readonly NetworkEvent[] }): string[] {
  return events.flatMap((event) => (event.kind === 'refused' ? [event.reason] : []));
}

describe('a hello is refused, on both sides with the reason', () => {
  test.each([
    [
      'of another cluster',
      { cluster: 'other' },
      'cluster',
      'this is a server of the cluster test, not of "other"',
    ],
    ['for another server', { to: 2 }, 'server', 'this is server 0, not 2'],
    [
      'from a server that is not known',
      { from: 9, purpose: 'main' },
      'member',
      'server 9 is none of the other',
    ],
    [
      'from the server itself',
      { from: 0, purpose: 'main' },
      'member',
      'server 0 is none of the other servers',
    ],
    ['from a client that sends messages', { from: null, purpose: 'main' }, 'member', 'a client is none of'],
  ] satisfies [string, Partial<Hello>, string, string][])('%s', async (_title, hello, reason, message) => {
    const server = await oneServer();
    const connection = await RawConnection.to(server.network.address);
    connection.socket.write(helloBytes(hello));
    await connection.closed();
    expect(connection.refusal?.reason).toBe(reason);
    expect(connection.refusal?.message).toContain(message);
    expect(refusals(server)).toEqual([reason]);
    expect(server.network.status().counts).toMatchObject({ accepted: 0, refused: { [reason]: 1 } });
  });

  test('of another version, whatever follows it', async () => {
    const server = await oneServer();
    const connection = await RawConnection.to(server.network.address);
    connection.socket.write(frameBytes(frameKinds.hello, Uint8Array.of(2, 0xc1)));
    await connection.closed();
    expect(connection.refusal).toEqual({
      reason: 'version',
      message: 'this side speaks version 1 of the protocol, the other side 2; upgrade the older one',
    });
    expect(refusals(server)).toEqual(['version']);
  });

  test('that cannot be read', async () => {
    const server = await oneServer();
    const connection = await RawConnection.to(server.network.address);
    connection.socket.write(frameBytes(frameKinds.hello, Uint8Array.of(1, 0xc1)));
    await connection.closed();
    expect(connection.refusal?.reason).toBe('foreign');
    expect(refusals(server)).toEqual(['foreign']);
  });
});

describe('what is no hello ends the connection, counted and reported once', () => {
  test.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: example\r\n\r\n')],
    ['a frame of another kind', frameBytes(frameKinds.message, Uint8Array.of(1))],
    ['a refusal that says nothing', frameBytes(frameKinds.refusal, emptyRefusal)],
    ['a hello that is too large', frameBytes(frameKinds.hello, new Uint8Array(1025))],
    ['an empty frame of no kind', frameBytes(0)],
  ])('%s', async (_title, bytes) => {
    const server = await oneServer();
    const connection = await RawConnection.to(server.network.address);
    connection.socket.write(bytes);
    await connection.closed();
    expect(refusals(server)).toEqual(['foreign']);
  });

  test('a connection that is closed before its hello', async () => {
    const server = await oneServer();
    const connection = await RawConnection.to(server.network.address);
    connection.socket.destroy();
    await until(() => refusals(server).length === 1, 'the end is noticed');
    expect(refusals(server)).toEqual(['foreign']);
  });

  test('TLS on a port without it', async () => {
    const server = await oneServer();
    const connection = await RawConnection.to(server.network.address);
    connection.socket.write(Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0));
    await connection.closed();
    expect(refusals(server)).toEqual(['tls']);
  });
});

test('a connection that says nothing is refused in time', async () => {
  const server = await oneServer({ limits: { handshakeMaxMs: 60 } });
  const connection = await RawConnection.to(server.network.address);
  await connection.closed();
  expect(connection.refusal).toEqual({ reason: 'timeout', message: 'no hello within 60 ms' });
  expect(refusals(server)).toEqual(['timeout']);
});

test('a refusal by the other side is reported as such', async () => {
  const server = await oneServer();
  const connection = await RawConnection.to(server.network.address);
  const refusal = encodeRefusal({ reason: 'certificate', message: 'not \u001b[31mthis one' });
  connection.socket.write(frameBytes(frameKinds.refusal, refusal));
  await connection.closed();
  expect(server.events.filter(({ kind }) => kind === 'refused')).toMatchObject([
    { by: 'there', reason: 'certificate', message: 'not ?[31mthis one' },
  ]);
  expect(server.network.status().counts.refusedByOthers.certificate).toBe(1);
});

test('a hello that comes byte by byte is as good', async () => {
  const server = await oneServer();
  const connection = await RawConnection.to(server.network.address);
  for (const byte of helloBytes()) {
    connection.socket.write(Uint8Array.of(byte));
    await clock.sleep(0);
  }
  await until(() => connection.frames.length === 1, 'the hello is answered');
  expect(connection.frames[0]?.kind).toBe(frameKinds.welcome);
});

test('more connections than the bound are refused, and a place that is free again is given', async () => {
  const server = await oneServer({ limits: { connectionsMax: 2 } });
  const { address } = server.network;
  const first = await RawConnection.welcomed(address);
  await RawConnection.welcomed(address);
  const third = await RawConnection.to(address);
  await third.closed();
  expect(third.refusal).toEqual({ reason: 'busy', message: 'there are 2 connections, which is the most' });
  expect(refusals(server)).toEqual(['busy']);
  first.socket.destroy();
  await until(() => server.events.some(({ kind }) => kind === 'disconnected'), 'the first one is gone');
  await RawConnection.welcomed(address);
});

test('idle connections far beyond the bound are closed as well', async () => {
  const server = await oneServer({ limits: { connectionsMax: 1 } });
  const sockets = Array.from({ length: 100 }, () => connectSocket(server.network.address));
  for (const socket of sockets) socket.on('error', () => undefined);
  await until(() => server.network.status().counts.refused.busy >= 99, 'the others are refused');
  for (const socket of sockets) socket.destroy();
});

describe('a server or client that is refused', () => {
  /** What a client of `server` reports when it makes a call. */
  async function callFrom(
    name: string,
    addresses: ReadonlyMap<number, Address>,
    timeoutMs = 5000,
  ): Promise<NetworkEvent[]> {
    const events: NetworkEvent[] = [];
    const client = connect(addresses, {
      cluster: name,
      clock,
      random: Random.fromSeed(1),
      limits: { handshakeMaxMs: timeoutMs },
      onEvent: (event) => events.push(event),
    });
    const method = { name: 'A.B', args: anyBytes, reply: anyBytes };
    for (const server of client.servers) {
      expect(await client.end(server).call(method, new Uint8Array())).toEqual({
        ok: false,
        reason: 'unreachable',
      });
    }
    client.close();
    return events;
  }

  const anyBytes = {
    name: 'bytes',
    encode: (bytes: Uint8Array) => bytes.slice(),
    decode: (bytes: Uint8Array) => new Uint8Array(bytes),
  };

  test('reports what the other side says', async () => {
    const server = await oneServer();
    const events = await callFrom('other', new Map([[0, server.network.address]]));
    expect(events).toMatchObject([
      { kind: 'unreachable', problem: { by: 'there', refusal: { reason: 'cluster' } } },
    ]);
  });

  test('reports a port where nothing listens', async () => {
    const events = await callFrom('test', await freeAddresses(1));
    expect(events).toMatchObject([{ kind: 'unreachable', problem: { by: 'network', refusal: undefined } }]);
    expect(JSON.stringify(events)).toContain('ECONNREFUSED');
  });

  test.each([
    [
      'a server of another protocol',
      (connection: RawConnection) => connection.socket.write('HTTP/1.1 400 Bad\r\n'),
    ],
    ['a frame that is no welcome', (connection: RawConnection) => connection.send(frameKinds.reply)],
    ['a refusal that cannot be read', (connection: RawConnection) => connection.send(frameKinds.refusal)],
  ])('reports %s', async (_title, answer) => {
    const raw = await RawServer.start(0, (connection) => {
      answer(connection);
    });
    const events = await callFrom('test', new Map([[0, raw.address]]));
    expect(events).toMatchObject([{ problem: { by: 'here', refusal: { reason: 'foreign' } } }]);
    await raw.close();
  });

  test('reports a server that does not answer', async () => {
    const raw = await RawServer.start(0, () => undefined);
    const events = await callFrom('test', new Map([[0, raw.address]]), 100);
    expect(events).toMatchObject([{ problem: { by: 'here', refusal: { reason: 'timeout' } } }]);
    await raw.close();
  });

  test('reports a problem once, however often it tries, and another one again', async () => {
    const addresses = await freeAddresses(2);
    const limits = { reconnectMinMs: 5, reconnectMaxMs: 10 };
    const server = await startServer(0, addresses, { limits });
    servers.push(server);
    await until(() => server.network.status().counts.unreachable >= 6, 'it tries again');
    const lanesOf = (): number => server.events.filter(({ kind }) => kind === 'unreachable').length;
    expect(lanesOf()).toBe(2);
    const other = await startServer(1, addresses, { cluster: 'other', limits });
    servers.push(other);
    await until(() => server.network.status().counts.refusedByOthers.cluster >= 4, 'it is refused');
    expect(lanesOf()).toBe(4);
  });
});

test('a server tries again at once when the other side has connected', async () => {
  const addresses = await freeAddresses(2);
  const server = await startServer(0, addresses, {
    limits: { reconnectMinMs: 60_000, reconnectMaxMs: 60_000 },
  });
  servers.push(server);
  await until(() => server.network.status().peers[0]?.main === 'waiting', 'the first attempt fails');
  const other = await startServer(1, addresses);
  servers.push(other);
  await until(() => isConnected(server) && isConnected(other), 'both reach each other');
});

test('a new connection of a server takes the place of its old one', async () => {
  const server = await oneServer();
  const { address } = server.network;
  const old = await RawConnection.welcomed(address, { from: 1, purpose: 'main' });
  const other = await RawConnection.welcomed(address, { from: 1, purpose: 'express' });
  const again = await RawConnection.welcomed(address, { from: 1, purpose: 'main' });
  await old.closed();
  expect([other.isClosed, again.isClosed]).toEqual([false, false]);
  expect(server.network.status().counts.closed).toMatchObject({ replaced: 1 });
});

test('a port that is in use is an error that names it', async () => {
  const server = await oneServer();
  const addresses = new Map([[0, { host, port: server.network.address.port }]]);
  await expect(startServer(0, addresses)).rejects.toThrow('EADDRINUSE');
});

test.each(['', 'Upper', 'with space', '-x', 'x'.repeat(64)])('%j is no name of a cluster', async (name) => {
  await expect(startServer(0, await freeAddresses(1), { cluster: name })).rejects.toThrow(RangeError);
});

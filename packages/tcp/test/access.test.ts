// Who may do what: tokens, certificates, and the methods that a client may call.
import { connect as connectSecurely } from 'node:tls';
import { bind, makeService, valueMethod } from '@raftlab/rpc';
import { Random } from '@raftlab/runtime';
import {
  connect,
  tokenMaxBytes,
  Tokens,
  type Caller,
  type ConnectOptions,
  type NetworkEvent,
  type Permission,
  type TcpClient,
} from '@raftlab/tcp';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Authority } from './certificates.ts';
import {
  clock,
  closeAll,
  cluster,
  freeAddresses,
  isConnected,
  startCluster,
  startServer,
  until,
  type TestOptions,
  type TestServer,
} from './networks.ts';
import { helloBytes, RawConnection } from './raw-connection.ts';

const any = { args: z.unknown(), reply: z.unknown() };
const look = valueMethod('Test.Look', any);
const change = valueMethod('Test.Change', any);
const services = [makeService('Test', [bind(look, () => 'seen'), bind(change, () => 'changed')])];
const readOnly: ReadonlySet<string> = new Set([look.name]);

const servers: TestServer[] = [];
const clients: TcpClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await closeAll(servers.splice(0));
});

async function serverWith(access: TestOptions['access'], tls?: TestOptions['tls']): Promise<TestServer> {
  const options = { services, ...(access && { access }), ...(tls && { tls }) };
  const server = await startServer(0, await freeAddresses(2), options);
  servers.push(server);
  return server;
}

/** A client of server 0, and what it reports. */
function clientOf({ network }: TestServer, options: Pick<ConnectOptions, 'token' | 'tls'> = {}) {
  const events: NetworkEvent[] = [];
  const client = connect(new Map([[0, network.address]]), {
    cluster,
    clock,
    random: Random.fromSeed(1),
    onEvent: (event) => events.push(event),
    ...options,
  });
  clients.push(client);
  return { end: client.end(0), events, counts: () => client.counts() };
}

describe('a server with tokens', () => {
  const tokens = new Tokens<'read' | 'write'>(
    new Map([
      ['open sesame', 'write'],
      ['a look', 'read'],
    ]),
  );
  const admit = ({ token }: Caller): Permission => {
    const role = tokens.roleOf(token);
    return role === undefined ? 'none' : role === 'write' ? 'all' : readOnly;
  };

  test.each([
    ['no token', undefined, 'the client has sent no token'],
    ['a token that is not known', 'guess', 'the client has sent a token that is not known here'],
  ])('refuses a client with %s, says so, and counts it', async (_title, token, message) => {
    const server = await serverWith({ admit });
    const { end, events, counts } = clientOf(server, { token });
    expect(await end.call(look, null)).toEqual({ ok: false, reason: 'unreachable' });
    expect(events).toMatchObject([{ problem: { by: 'there', refusal: { reason: 'denied' } } }]);
    expect(JSON.stringify(events)).toContain(message);
    expect(JSON.stringify(server.events)).not.toContain('guess');
    expect(server.network.status().counts.refused.denied).toBe(1);
    expect(counts().refusedByOthers.denied).toBe(1);
  });

  test('lets a client call what its role may call, and denies the rest by name', async () => {
    const server = await serverWith({ admit });
    const { end } = clientOf(server, { token: 'a look' });
    expect(await end.call(look, null)).toEqual({ ok: true, reply: 'seen' });
    await expect(end.call(change, null)).rejects.toMatchObject({ code: 'denied', method: 'Test.Change' });
    expect(server.network.status().counts.callsDenied).toBe(1);
    const writer = clientOf(server, { token: 'open sesame' });
    expect(await writer.end.call(change, null)).toEqual({ ok: true, reply: 'changed' });
  });

  test('asks servers for theirs as well: a client cannot pass for one', async () => {
    const server = await serverWith({
      admit: ({ server: from, token }) => (from === undefined || token === 'servers' ? 'all' : 'none'),
    });
    const impostor = await RawConnection.to(server.network.address);
    impostor.socket.write(helloBytes({ from: 1, purpose: 'main', token: 'guess' }));
    await impostor.closed();
    expect(impostor.refusal).toMatchObject({ reason: 'denied' });
    await RawConnection.welcomed(server.network.address, { from: 1, purpose: 'main', token: 'servers' });
  });
});

test('servers send their token to each other', async () => {
  const admit = ({ token }: Caller): Permission => (token === 'servers' ? 'all' : 'none');
  servers.push(...(await startCluster(2, { access: { admit, token: 'servers' } })));
  expect(servers.every(isConnected)).toBe(true);
});

describe('with TLS', () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await Authority.make('ours');
  });

  async function secureServer(access: NonNullable<TestOptions['access']>): Promise<TestServer> {
    const identity = await authority.issue([`server-0.${cluster}`]);
    return serverWith(access, () => identity);
  }

  test('the name in the certificate is what the server decides by', async () => {
    const callers: Caller[] = [];
    const server = await secureServer({
      admit(caller) {
        callers.push(caller);
        return caller.certificate === 'client' ? 'all' : readOnly;
      },
    });
    const reader = clientOf(server, { tls: await authority.issue([`reader.${cluster}`]) });
    expect(await reader.end.call(look, null)).toEqual({ ok: true, reply: 'seen' });
    await expect(reader.end.call(change, null)).rejects.toMatchObject({ code: 'denied' });
    const both = clientOf(server, { tls: await authority.issue([`reader.${cluster}`, `client.${cluster}`]) });
    expect(await both.end.call(change, null)).toEqual({ ok: true, reply: 'changed' });
    expect(callers.map(({ certificate }) => certificate)).toEqual(['reader', 'client']);
  });

  test('a client without a certificate is refused unless the server says that it needs none', async () => {
    const tls = { ca: authority.pem };
    const strict = await secureServer({});
    expect((await clientOf(strict, { tls }).end.call(look, null)).ok).toBe(false);
    expect(strict.network.status().counts.refused.certificate).toBe(1);
    const server = await secureServer({
      clientsNeedNoCertificate: true,
      admit: ({ token, certificate }) =>
        certificate === undefined && token === 'open sesame' ? 'all' : 'none',
    });
    const known = clientOf(server, { tls, token: 'open sesame' });
    expect(await known.end.call(look, null)).toEqual({ ok: true, reply: 'seen' });
    expect((await clientOf(server, { tls }).end.call(look, null)).ok).toBe(false);
    expect(server.network.status().counts.refused.denied).toBe(1);
  });

  test('a client with a certificate of another authority is refused although it needs none', async () => {
    const foreign = await Authority.make('foreign');
    const identity = await foreign.issue([`client.${cluster}`]);
    const server = await secureServer({ clientsNeedNoCertificate: true });
    const { end } = clientOf(server, { tls: { ...identity, ca: authority.pem } });
    expect((await end.call(look, null)).ok).toBe(false);
    await until(() => server.network.status().counts.refused.certificate === 1, 'it is refused');
  });

  test('a server needs its certificate in any case', async () => {
    const server = await secureServer({ clientsNeedNoCertificate: true });
    const socket = connectSecurely({
      ...server.network.address,
      ca: authority.pem,
      rejectUnauthorized: false,
    });
    const connection = new RawConnection(socket);
    socket.write(helloBytes({ from: 1, purpose: 'main' }));
    await connection.closed();
    expect(connection.refusal).toMatchObject({ reason: 'certificate' });
  });
});

describe('tokens', () => {
  test('only the same token has its role', () => {
    const tokens = new Tokens(
      new Map([
        ['alpha', 1],
        ['beta', 2],
      ]),
    );
    expect(
      [undefined, '', 'alph', 'alphaa', 'ALPHA', 'alpha', 'beta'].map((token) => tokens.roleOf(token)),
    ).toEqual([undefined, undefined, undefined, undefined, undefined, 1, 2]);
  });

  test.each(['', 'x'.repeat(tokenMaxBytes + 1)])(
    'a token of another length is refused, and not shown',
    (token) => {
      expect(() => new Tokens(new Map([[token, 1]]))).toThrow(
        /^a token has 1 to 512 bytes; got one of \d+\.$/,
      );
      const options = { cluster, clock, random: Random.fromSeed(1), token };
      expect(() => connect(new Map(), options)).toThrow('a token has 1 to 512 bytes');
    },
  );
});

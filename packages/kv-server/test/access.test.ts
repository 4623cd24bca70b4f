// Who may do what: tokens of a file, and certificates.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executeMethod, openSessionMethod, readMethod, statusMethod, transferMethod } from '@raftlab/kv';
import { ConfigError, parseTokens, tokenLengthMin } from '@raftlab/kv-server';
import { Random } from '@raftlab/runtime';
import { listen, type ConnectOptions, type TlsIdentity } from '@raftlab/tcp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Authority } from './certificates.ts';
import { clock, TestCluster, until } from './servers.ts';

const tokens = {
  write: 'write-token-0123456789',
  read: 'read-token-0123456789',
  server: 'server-token-0123456789',
};
const tokenText = Object.entries(tokens)
  .map(([role, token]) => `${role} ${token}`)
  .join('\n');

type Role = 'none' | 'read' | 'write';
let folder: string;
let authority: Authority;
let overTokens: TestCluster;
let overTls: TestCluster;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raftlab-access-'));
  const tokenFile = writeFile('tokens', tokenText);
  authority = await Authority.make('ours');
  const identities = await Promise.all([1, 2, 3].map((id) => authority.issue([`server-${id}.test`])));
  overTokens = await TestCluster.make(() => ({ tokenFile }));
  overTls = await TestCluster.make((id) => {
    const { cert, key } = identities[id - 1] ?? { cert: '', key: '' };
    return {
      tokenFile,
      tlsCert: writeFile(`cert-${id}`, cert),
      tlsKey: writeFile(`key-${id}`, key),
      tlsCa: writeFile(`ca-${id}`, authority.pem),
    };
  });
  await Promise.all([overTokens.start(1, 2, 3), overTls.start(1, 2, 3)]);
});

afterAll(async () => {
  await Promise.all([overTokens.close(), overTls.close()]);
  rmSync(folder, { recursive: true, force: true });
});

function writeFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** What a client with these options may do at the leader. */
async function roleOf(cluster: TestCluster, options: Pick<ConnectOptions, 'token' | 'tls'>): Promise<Role> {
  const leader = await cluster.leader();
  const end = cluster.client(options).network.end(leader);
  const may = async (call: Promise<{ readonly ok: boolean }>): Promise<boolean> =>
    call.then(
      ({ ok }) => ok,
      (error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'denied') return false;
        throw error;
      },
    );
  const reads = await Promise.all([
    may(end.call(readMethod, { query: { kind: 'get', key: 'a' }, level: 'local' })),
    may(end.call(statusMethod, null)),
  ]);
  const writes = await Promise.all([
    may(end.call(openSessionMethod, null)),
    may(end.call(executeMethod, { session: 1, sequence: 1, command: { kind: 'delete', key: 'a' } })),
    may(end.call(transferMethod, { to: leader })),
  ]);
  expect(new Set(reads).size, 'reads are allowed together').toBe(1);
  expect(new Set(writes).size, 'writes are allowed together').toBe(1);
  return writes[0] ? 'write' : reads[0] ? 'read' : 'none';
}

describe('without TLS the token decides', () => {
  test.each<[string, string | undefined, Role]>([
    ['no token', undefined, 'none'],
    ['a wrong token', 'write-token-0123456780', 'none'],
    ['a token of servers', tokens.server, 'none'],
    ['a token to read', tokens.read, 'read'],
    ['a token to write', tokens.write, 'write'],
  ])('%s', async (_title, token, role) => {
    expect(await roleOf(overTokens, { token })).toBe(role);
  });

  test.each([undefined, tokens.write])(
    'a client cannot pass for a server with the token %j',
    async (token) => {
      const address = overTokens.servers.get(1)?.address;
      if (address === undefined) throw new Error('server 1 runs');
      const impostor = await listen({
        cluster: 'test',
        server: 2,
        host: '127.0.0.1',
        port: 0,
        peers: new Map([[1, address]]),
        token,
        clock,
        random: Random.fromSeed('impostor'),
      });
      await until(
        () => impostor.status().counts.refusedByOthers.denied >= 2,
        'both its connections are refused',
      );
      expect(impostor.status().counts.dialed).toBe(0);
      await impostor.close();
    },
  );

  test('a refusal is counted and logged, without the token', async () => {
    expect(await roleOf(overTokens, { token: 'guess-0123456789-guess' })).toBe('none');
    const leader = overTokens.servers.get(await overTokens.leader());
    expect(leader?.status().network.counts.refused.denied).toBeGreaterThan(0);
    const log = overTokens.log.join('');
    expect(log).toContain('"reason":"denied"');
    for (const secret of ['guess-0123456789-guess', ...Object.values(tokens)])
      expect(log).not.toContain(secret);
  });
});

describe('with TLS the certificate decides, or the token of a client without one', () => {
  const withNames = (...names: readonly string[]): Promise<TlsIdentity> => authority.issue(names);

  test('a certificate of a client may do everything, and that of a reader may read', async () => {
    expect(await roleOf(overTls, { tls: await withNames('client.test') })).toBe('write');
    expect(await roleOf(overTls, { tls: await withNames('reader.test') })).toBe('read');
  });

  test('a client without a certificate needs a token', async () => {
    const tls = { ca: authority.pem };
    expect(await roleOf(overTls, { tls })).toBe('none');
    expect(await roleOf(overTls, { tls, token: tokens.read })).toBe('read');
    expect(await roleOf(overTls, { tls, token: tokens.write })).toBe('write');
  });

  test('a client without TLS is refused, whatever its token', async () => {
    expect(await roleOf(overTls, { token: tokens.write })).toBe('none');
  });

  test('a certificate of a foreign authority is refused, whatever its name', async () => {
    const foreign = await Authority.make('foreign');
    const { cert, key } = await foreign.issue(['client.test']);
    expect(await roleOf(overTls, { tls: { cert, key, ca: authority.pem }, token: tokens.write })).toBe(
      'none',
    );
  });
});

describe('a file of tokens', () => {
  test('has comments and empty lines', () => {
    const { roles, own } = parseTokens(`# roles\r\n\r\n${tokenText}\n`);
    expect(roles.size).toBe(3);
    expect(own).toBe(tokens.server);
  });

  test.each([
    ['', 'got "no token"'],
    ['# nothing', 'got "no token"'],
    [`admin ${tokens.write}`, 'line 1, which has no such role'],
    [`read ${tokens.read} x`, 'line 1, which has more than two words'],
    [`\nread short`, 'line 2, which has a token of another length'],
    [`read ${'x'.repeat(tokenLengthMin - 1)}`, 'line 1, which has a token of another length'],
    [`read ${'x'.repeat(513)}`, 'line 1, which has a token of another length'],
    [`read ${tokens.read}\nwrite ${tokens.read}`, 'line 2, which has a token that an earlier line has'],
  ])('%j is refused by line, and not shown', (text, message) => {
    expect(() => parseTokens(text)).toThrow(ConfigError);
    expect(() => parseTokens(text)).toThrow(message);
    expect(() => parseTokens(text)).not.toThrow(tokens.read);
  });

  test('of a cluster without TLS needs a token of servers', async () => {
    const cluster = await TestCluster.make(() => ({
      tokenFile: writeFile('no-server', `write ${tokens.write}`),
    }));
    await expect(cluster.start(1)).rejects.toThrow('got "no token of the role server"');
    await cluster.close();
  });
});

// Three servers in one process, on write-ahead logs in a temporary folder.
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import {
  KeyValueMachine,
  openSnapshotMethod,
  readSnapshotMethod,
  statusMethod,
  transferMethod,
} from '@raftlab/kv';
import { ConfigError, restoreDirectory } from '@raftlab/kv-server';
import { afterEach, describe, expect, test } from 'vitest';
import { TestCluster, until, unusedPorts } from './servers.ts';

const clusters: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.close();
});

async function makeCluster(...args: Parameters<typeof TestCluster.make>): Promise<TestCluster> {
  const cluster = await TestCluster.make(...args);
  clusters.push(cluster);
  return cluster;
}

describe('a cluster', () => {
  test('goes on while its leader is stopped, which then catches up; and keeps its data over a restart of all', async () => {
    const cluster = await makeCluster();
    await cluster.start(1, 2, 3);
    const { clerk } = cluster.client();
    await clerk.put('city', 'Turin');
    const leader = await cluster.leader();
    await cluster.stop(leader);
    await clerk.append('city', ', Trieste');
    await cluster.start(leader);
    const { report } = cluster.servers.get(leader)?.status() ?? {};
    expect(report).toBeDefined();
    await until(() => cluster.servers.get(leader)?.status().report.keyCount === 1, 'it catches up');
    await cluster.stop(1, 2, 3);
    await cluster.start(1, 2, 3);
    expect(await clerk.get('city')).toEqual({ key: 'city', value: 'Turin, Trieste', version: 2 });
  });

  test('takes large snapshots in turns, and installs them on a server that was away and at a restart of all', async () => {
    const cluster = await makeCluster(() => ({ snapshotBytes: 65_536, segmentBytes: 65_536 }));
    await cluster.start(1, 2, 3);
    const { clerk } = cluster.client();
    const away = ((await cluster.leader()) % 3) + 1;
    await clerk.put('first', 'x');
    await cluster.stop(away);
    // More than is taken and installed at once.
    const value = 'v'.repeat(40_000);
    for (let number = 0; number < 16; number += 1) await clerk.put(`key ${number}`, value);
    await until(
      () => [...cluster.servers.values()].every((server) => server.status().report.log.snapshotIndex > 10),
      'both have a snapshot',
    );
    // After a restart they have no entries before it any more.
    const others = [1, 2, 3].filter((server) => server !== away);
    await cluster.stop(...others);
    await cluster.start(1, 2, 3);
    await until(() => cluster.servers.get(away)?.status().report.keyCount === 17, 'it catches up');
    await cluster.stop(1, 2, 3);
    await cluster.start(1, 2, 3);
    expect((await clerk.range('key ', { limit: 17 })).pairs.map((pair) => pair.value)).toEqual(
      Array.from({ length: 16 }, () => value),
    );
  });

  test('hands leadership on when the leader stops', async () => {
    const cluster = await makeCluster();
    await cluster.start(1, 2, 3);
    const leader = await cluster.leader();
    await cluster.stop(leader);
    expect(await cluster.leader()).not.toBe(leader);
    expect(cluster.log.join('')).toContain('leadership handed on');
  });

  test('answers an operator: status of each, transfer to the server that is named', async () => {
    const cluster = await makeCluster();
    await cluster.start(1, 2, 3);
    const leader = await cluster.leader();
    const target = (leader % 3) + 1;
    const { network } = cluster.client();
    expect(await network.end(leader).call(transferMethod, { to: target })).toEqual({
      ok: true,
      reply: { ok: true, value: 'transferred' },
    });
    await until(async () => (await cluster.leader()) === target, 'the target leads');
    const status = await network.end(target).call(statusMethod, null);
    expect(status).toMatchObject({ ok: true, reply: { me: target, role: 'leader' } });
  });

  test('is restored from a snapshot into empty directories, with its versions', async () => {
    const cluster = await makeCluster();
    await cluster.start(1, 2, 3);
    const { clerk, network } = cluster.client();
    await clerk.put('city', 'Turin');
    await clerk.put('city', 'Trieste');
    const leader = network.end(await cluster.leader());
    const opened = await leader.call(openSnapshotMethod, { level: 'linearizable' });
    if (!opened.ok || !opened.reply.ok) throw new Error('the snapshot was not opened');
    const read = await leader.call(readSnapshotMethod, { id: opened.reply.value.id, offset: 0 });
    const snapshot = (read.ok ? read.reply : null) ?? new Uint8Array();
    expect(new KeyValueMachine().restore(snapshot)).toBeUndefined();

    const restored = await makeCluster();
    for (const server of [1, 2, 3]) {
      const target = { directory: join(restored.folder, `${server}`), cluster: 'test', server, snapshot };
      expect(await restoreDirectory(target)).toEqual({ keyCount: 1 });
      await expect(restoreDirectory(target)).rejects.toThrow('has been used by server');
    }
    await restored.start(1, 2, 3);
    const { clerk: client } = restored.client();
    expect(await client.get('city')).toEqual({ key: 'city', value: 'Trieste', version: 2 });
    await client.put('city', 'Udine');
    await restored.stop(1, 2, 3);
    await restored.start(1, 2, 3);
    expect(await client.get('city')).toMatchObject({ value: 'Udine', version: 3 });
  });
});

describe('HTTP', () => {
  test('says whether the server lives and is ready, and shows its status and metrics', async () => {
    const cluster = await makeCluster();
    await cluster.start(1);
    expect(await cluster.get(1, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await cluster.get(1, '/readyz')).toEqual({ status: 503, text: 'no leader is known\n' });
    await cluster.start(2, 3);
    await cluster.leader();
    const { clerk } = cluster.client();
    await clerk.put('city', 'Turin');
    expect(await cluster.get(1, '/readyz')).toEqual({ status: 200, text: 'ready\n' });
    const leader = await cluster.leader();
    const { text } = await cluster.get(leader, '/status.json');
    expect(JSON.parse(text)).toMatchObject({ server: leader, state: 'running', report: { keyCount: 1 } });
    expect(text).not.toContain('Turin');
    const { text: metrics } = await cluster.get(leader, '/metrics');
    expect(metrics).toMatch(/^raftlab_kv_is_leader 1$/m);
    expect(metrics).toMatch(/^raftlab_kv_call_seconds_count\{method="KVServer.Execute"\} 1$/m);
    expect(metrics).toMatch(/^raftlab_kv_call_seconds_bucket\{method="KVServer.Execute",le="\+Inf"\} 1$/m);
    expect(metrics).toMatch(/^raftlab_kv_connections_refused_total\{reason="denied"\} 0$/m);
    expect(metrics).not.toContain('NaN');
  });

  test.each([
    ['/nothing', 'GET', 404],
    ['/../etc/passwd', 'GET', 404],
    ['/status.json', 'POST', 405],
    ['/status.json?x=1', 'GET', 200],
    ['/status.json', 'HEAD', 200],
  ])('%s by %s is answered with %i', async (path, method, status) => {
    const cluster = await makeCluster();
    await cluster.start(1);
    expect((await cluster.get(1, path, method)).status).toBe(status);
  });
});

test('bytes that are no HTTP end their connection, and nothing else', async () => {
  const cluster = await makeCluster();
  await cluster.start(1);
  const { port = 0 } = cluster.servers.get(1)?.httpAddress ?? {};
  const requests = [
    '\u0016\u0003\u0001',
    'GET / HTTP/1.1\r\n',
    `GET /${'x'.repeat(10_000)} HTTP/1.1\r\n\r\n`,
    'x'.repeat(10_000),
  ];
  for (const request of requests) {
    const socket = connectSocket({ host: '127.0.0.1', port });
    const answer = await new Promise<string>((resolve) => {
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (data) => (text += String(data)));
      socket.on('close', () => resolve(text));
      socket.end(request);
    });
    expect(answer).toMatch(/^(|HTTP\/1\.1 4\d\d [\s\S]*)$/);
  }
  expect((await cluster.get(1, '/healthz')).status).toBe(200);
});

describe('a server that cannot start leaves nothing open', () => {
  test('when its port is in use', async () => {
    const [port = 0] = await unusedPorts(1);
    const cluster = await makeCluster(() => ({ http: `127.0.0.1:${port}` }));
    await cluster.start(1);
    const other = await makeCluster(() => ({ http: `127.0.0.1:${port}` }));
    await expect(other.start(1)).rejects.toThrow('EADDRINUSE');
    await cluster.stop(1);
    await other.start(1);
  });

  test("when its directory is another server's", async () => {
    const cluster = await makeCluster((server) =>
      server === 2 ? { data: join(clusters[0]?.folder ?? '', '1') } : {},
    );
    await cluster.start(1);
    await expect(cluster.start(2)).rejects.toThrow('is in use by');
    await cluster.stop(1);
    await expect(cluster.start(2)).rejects.toThrow('belongs to server 1 of cluster "test", not to server 2');
  });

  test('when its directory must exist and does not', async () => {
    const cluster = await makeCluster(() => ({ start: 'existing' }));
    await expect(cluster.start(1)).rejects.toThrow('does not exist');
  });

  test.each([
    ['tokenFile', { tokenFile: '/nowhere/tokens' }],
    ['tlsCert', { tlsCert: '/nowhere/cert', tlsKey: '/nowhere/key', tlsCa: '/nowhere/ca' }],
  ])('when the file of %s cannot be read', async (key, settings) => {
    const cluster = await makeCluster(() => settings);
    const error: unknown = await cluster.start(1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(`${key}: got "/nowhere/`);
  });
});

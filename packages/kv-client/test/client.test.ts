// The client on a cluster of three servers with real sockets.
import { connectKeyValue, type KeyValueClient } from '@raftlab/kv-client';
import { afterEach, expect, test } from 'vitest';
import { clock, cluster, TestCluster } from './cluster.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function startCluster(count: number): Promise<TestCluster> {
  const servers = await TestCluster.start(count);
  opened.push(servers);
  return servers;
}

function newClient(
  endpoints: string,
  options: { deadlineMs?: number; sessions?: number } = {},
): KeyValueClient {
  const client = connectKeyValue({ endpoints, cluster, ...options });
  opened.push(client);
  return client;
}

test('every operation has its result, at each level of reading', async () => {
  const servers = await startCluster(1);
  const client = newClient(servers.endpoints);
  expect(await client.get('city')).toBeUndefined();
  expect(await client.put('city', 'Turin')).toEqual({ applied: true, version: 1 });
  expect(await client.append('city', '!')).toEqual({ applied: true, version: 2 });
  for (const level of ['linearizable', 'lease', 'local'] as const)
    expect(await client.get('city', { level })).toEqual({ key: 'city', value: 'Turin!', version: 2 });
  expect(await client.compareAndSet({ key: 'city', version: 1 }, 'Rome')).toEqual({
    applied: false,
    version: 2,
  });
  expect(await client.compareAndSet({ key: 'city', version: 2 }, 'Rome')).toEqual({
    applied: true,
    version: 3,
  });
  await client.put('country', 'Italy');
  const { pairs, hasMore } = await client.range('c', { limit: 1 });
  expect([pairs.map(({ key }) => key), hasMore]).toEqual([['city'], true]);
  expect(await client.delete('city')).toEqual({ applied: true, version: 0 });
  expect(await client.delete('city')).toEqual({ applied: false, version: 0 });
});

test('calls go on at the new leader after the old one has stopped, and each append is executed once', async () => {
  const servers = await startCluster(3);
  const client = newClient(servers.endpoints);
  await client.append('list', '0');
  const appends = Array.from({ length: 20 }, (_, number) => client.append('list', `,${number + 1}`));
  await servers.stop(await servers.leader());
  await Promise.all(appends);
  const pair = await client.get('list');
  expect(pair?.value).toBe(Array.from({ length: 21 }, (_, number) => number).join(','));
});

test('commands on different keys are in flight together; those on one key keep their order', async () => {
  const servers = await startCluster(3);
  const client = newClient(servers.endpoints, { sessions: 64 });
  const keys = Array.from({ length: 300 }, (_, number) => `key ${number % 100}`);
  await Promise.all(keys.map((key, number) => client.append(key, `${number} `)));
  const { pairs } = await client.range('key ');
  expect(pairs.length).toBe(100);
  for (const { key, value } of pairs) {
    const number = Number(key.slice(4));
    expect(value).toBe(`${number} ${number + 100} ${number + 200} `);
  }
});

test('all pairs of a prefix are read page by page, each once, also when keys come and go meanwhile', async () => {
  const servers = await startCluster(1);
  const client = newClient(servers.endpoints);
  const keys = Array.from({ length: 25 }, (_, number) => `key ${number + 10}`);
  await Promise.all([...keys, 'other'].map((key) => client.put(key, 'x')));
  const found: string[] = [];
  for await (const { key } of client.entries('key ', { limit: 10, after: 'key 11' })) {
    found.push(key);
    if (key === 'key 20') await Promise.all([client.delete('key 21'), client.put('key 1', 'before')]);
  }
  expect(found).toEqual(keys.slice(2));
  await expect(client.range('', { after: 'x'.repeat(5000) })).rejects.toThrow('after must have at most 4096');
});

test('without a majority a call ends at its deadline, and says what each server did', async () => {
  const servers = await startCluster(3);
  const client = newClient(servers.endpoints);
  await client.put('a', 'x');
  const leader = await servers.leader();
  for (const server of [1, 2, 3]) if (server !== leader) await servers.stop(server);
  const put: unknown = await client.put('a', 'y', { deadlineMs: 500 }).catch((error: unknown) => error);
  expect(String(put)).toMatch(
    /^DeadlineError: put "a" had no result within 500 ms \(server 1: .*ECONNREFUSED.*\); it may have been executed/,
  );
  const begun = clock.now();
  const get = client.get('a', { deadlineMs: 300 });
  await expect(get).rejects.toMatchObject({ name: 'DeadlineError', operation: 'get "a"', mayHaveRun: false });
  expect(clock.now() - begun).toBeLessThan(1000);
});

test('a command that never reached a server is known not to have been executed', async () => {
  const client = newClient('1=127.0.0.1:1', { deadlineMs: 100 });
  await expect(client.put('a', 'x')).rejects.toMatchObject({
    name: 'DeadlineError',
    mayHaveRun: false,
    failures: new Map([[1, expect.stringContaining('cannot be reached: connect ECONNREFUSED 127.0.0.1:1')]]),
  });
});

test('too many commands on one key are refused, and the error says so', async () => {
  const client = newClient('1=127.0.0.1:1');
  const puts = Array.from({ length: 1024 }, () => client.put('a', 'x').catch(() => undefined));
  await expect(client.put('a', 'y')).rejects.toMatchObject({
    name: 'ClientBusyError',
    message: expect.stringContaining('1024 commands on this key'),
  });
  client.close();
  await Promise.all(puts);
});

test('a client of another cluster is told so at once', async () => {
  const servers = await startCluster(1);
  const client = connectKeyValue({ endpoints: servers.endpoints, cluster: 'other' });
  opened.push(client);
  const begun = clock.now();
  await expect(client.put('a', 'x')).rejects.toMatchObject({
    name: 'ClusterRefusedError',
    mayHaveRun: false,
  });
  expect(clock.now() - begun).toBeLessThan(2000);
});

test('a signal ends a call; one that was aborted before sends nothing', async () => {
  const client = newClient('1=127.0.0.1:1');
  const controller = new AbortController();
  const put = client.put('a', 'x', { signal: controller.signal });
  await clock.sleep(20);
  controller.abort('enough');
  await expect(put).rejects.toMatchObject({ name: 'CallAbortedError', cause: 'enough', mayHaveRun: false });
  await expect(client.get('a', { signal: controller.signal })).rejects.toMatchObject({
    name: 'CallAbortedError',
  });
});

test('a closed client ends what is pending, and refuses more', async () => {
  const client = newClient('1=127.0.0.1:1');
  const put = client.put('a', 'x');
  client.close();
  await expect(put).rejects.toMatchObject({ name: 'ClientClosedError', operation: 'put "a"' });
  await expect(client.get('a')).rejects.toMatchObject({ name: 'ClientClosedError' });
});

test('the status has a report for each server that answers, and a problem for the others', async () => {
  const servers = await startCluster(3);
  const client = newClient(servers.endpoints);
  await client.put('a', 'x');
  const leader = await servers.leader();
  const stopped = leader === 1 ? 2 : 1;
  await servers.stop(stopped);
  const status = await client.status();
  expect(status.map(({ server, ok }) => [server, ok])).toEqual(
    [1, 2, 3].map((server) => [server, server !== stopped]),
  );
  const roles = status.flatMap((each) => (each.ok && each.report.role === 'leader' ? [each.server] : []));
  expect(roles).toEqual([leader]);
  expect(status.find(({ ok }) => !ok)).toMatchObject({
    problem: expect.stringMatching(/cannot be reached|lost the connection/),
  });
});

test('leadership is handed to the server that is named', async () => {
  const servers = await startCluster(3);
  const client = newClient(servers.endpoints);
  await client.put('a', 'x');
  const to = (await servers.leader()) === 1 ? 2 : 1;
  expect(await client.transfer(to)).toBe('transferred');
  expect(await servers.leader()).toBe(to);
  expect(await client.transfer(9)).toBe('not-another-voter');
});

test('a snapshot is read in chunks, with its index and count', async () => {
  const servers = await startCluster(1);
  const client = newClient(servers.endpoints);
  for (let number = 0; number < 3; number += 1) await client.put(`${number}`, 'x'.repeat(600_000));
  const snapshot = await client.openSnapshot();
  let sizeBytes = 0;
  for await (const chunk of snapshot.chunks) sizeBytes += chunk.length;
  expect(sizeBytes).toBe(snapshot.sizeBytes);
  expect(snapshot).toMatchObject({ server: 1, keyCount: 3 });
});

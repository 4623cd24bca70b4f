import { createServer } from 'node:net';
import { Random } from '@raftlab/runtime';
import { freePorts } from '@raftlab/tcp';
import { expect, test } from 'vitest';

const host = '127.0.0.1';

test('free ports are different, can be used, and are below those that systems give to connections', async () => {
  const ports = await freePorts(host, { count: 20, random: Random.fromSeed(process.pid) });
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    expect(port).toBeLessThan(32_768);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a port that a server uses is passed over', async () => {
  const random = Random.fromSeed(`in use ${process.pid}`);
  const [used = 0] = await freePorts(host, { count: 1, random: random.clone() });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host, port: used }, resolve));
  const ports = await freePorts(host, { count: 3, random });
  await new Promise((resolve) => server.close(resolve));
  expect(ports).toHaveLength(3);
  expect(ports).not.toContain(used);
});

test('an address of another machine is an error that names it', async () => {
  const ports = freePorts('192.0.2.1', { count: 1, random: Random.fromSeed(1) });
  await expect(ports).rejects.toThrow('EADDRNOTAVAIL: address not available 192.0.2.1');
});

// Calls over sockets satisfy what every RPC transport must satisfy, in the clear and with TLS.
import { Random } from '@raftlab/runtime';
import type { Service } from '@raftlab/rpc';
import { transportCompliance, type TransportUnderTest } from '@raftlab/rpc/compliance';
import { connect, type TcpServer } from '@raftlab/tcp';
import { describe, expect, test } from 'vitest';
import { clock, cluster, freeAddresses, startServer } from './networks.ts';

async function overSockets(services: readonly Service[]): Promise<TransportUnderTest> {
  const addresses = await freeAddresses(1);
  let server: TcpServer | undefined;
  const startWith = async (offered: readonly Service[]): Promise<void> => {
    server = (await startServer(0, addresses, { services: offered })).network;
  };
  const client = connect(addresses, { cluster, clock, random: Random.fromSeed('client') });
  await startWith(services);
  return {
    end: client.end(0),
    clock,
    stopServer: () => server?.close(),
    startServer: startWith,
    async close() {
      client.close();
      await server?.close();
    },
  };
}

describe('in the clear', () => {
  test.each(transportCompliance.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    await expect(each.run(overSockets)).resolves.toBeUndefined();
  });
});

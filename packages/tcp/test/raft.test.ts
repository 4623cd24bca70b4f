// Three peers of raft-core over sockets: `RaftTransport` is the `Transport` that Raft asks for.
import { Persister } from '@raftlab/persister';
import { Membership, type ServerId } from '@raftlab/protocol';
import { Raft, serviceConfig, type Transport } from '@raftlab/raft-core';
import { valueCodec } from '@raftlab/rpc';
import { Random } from '@raftlab/runtime';
import { listen, type TcpServer } from '@raftlab/tcp';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { clock, cluster, freeAddresses, host, until } from './networks.ts';

interface Peer {
  readonly network: TcpServer;
  readonly raft: Raft<string>;
  readonly applied: string[];
}

async function startPeer(me: ServerId, peers: Awaited<ReturnType<typeof freeAddresses>>): Promise<Peer> {
  const random = Random.fromSeed(me);
  const port = peers.get(me)?.port ?? 0;
  const network = await listen({
    cluster,
    server: me,
    host,
    port,
    peers,
    clock,
    random: random.fork('network'),
  });
  const transport: Transport = network.transport;
  const applied: string[] = [];
  const raft = new Raft<string>({
    me,
    membership: Membership.ofSize(peers.size),
    transport,
    storage: new Persister(),
    applyCh: (message) => {
      if (message.commandValid) applied.push(message.command);
    },
    commandCodec: valueCodec('command', z.string()),
    clock,
    random: random.fork('raft'),
    config: serviceConfig,
  });
  network.transport.connect(raft);
  return { network, raft, applied };
}

test('a cluster elects a leader, replicates, and goes on without the leader that it loses', async () => {
  const addresses = await freeAddresses(3);
  let peers = await Promise.all([...addresses.keys()].map((me) => startPeer(me, addresses)));
  const leader = (): Peer | undefined => peers.find(({ raft }) => raft.getState().isLeader);
  const propose = async (command: string): Promise<void> => {
    await until(() => leader()?.raft.start(command).isLeader === true, 'a leader takes the command');
    await until(() => peers.every(({ applied }) => applied.includes(command)), 'every server applies it');
  };

  await propose('first');
  const [lost] = peers.filter(({ raft }) => raft.getState().isLeader);
  peers = peers.filter((peer) => peer !== lost);
  lost?.raft.kill();
  await lost?.network.close();
  await propose('second');
  const logs = peers.map(({ applied }) => [...new Set(applied)]);
  expect(logs).toEqual(peers.map(() => ['first', 'second']));

  for (const { raft, network } of peers) {
    raft.kill();
    await network.close();
  }
});

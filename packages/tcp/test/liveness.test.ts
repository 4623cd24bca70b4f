// Connections whose other side hangs, does not read, or is cut off end in time; and data does not delay what is urgent.
import { messageCodec } from '@raftlab/protocol';
import { Random } from '@raftlab/runtime';
import { connect } from '@raftlab/tcp';
import { afterEach, expect, test } from 'vitest';
import { frameKinds } from '#src/frames';
import {
  clock,
  closeAll,
  cluster,
  data,
  envelope,
  freeAddresses,
  heartbeat,
  startCluster,
  startServer,
  termOf,
  type TestServer,
  until,
} from './networks.ts';
import { RawConnection, RawServer, welcome } from './raw-connection.ts';

const servers: TestServer[] = [];
const raws: RawServer[] = [];
afterEach(async () => {
  await closeAll(servers.splice(0));
  for (const raw of raws.splice(0)) await raw.close();
});

/** A server that sends to `raw`, as server 1. */
async function serverBeside(raw: RawServer, limits: Parameters<typeof startServer>[2]): Promise<TestServer> {
  raws.push(raw);
  const peers = await freeAddresses(1);
  const server = await startServer(0, peers.set(1, raw.address), limits);
  servers.push(server);
  return server;
}

const quickBeats = { beatMs: 20, missedBeatsMax: 10 };

test('a client that falls silent is disconnected', async () => {
  const server = await startServer(0, await freeAddresses(1), { limits: quickBeats });
  servers.push(server);
  const connection = await RawConnection.welcomed(server.network.address);
  await connection.closed();
  expect(server.network.status().counts.closed.silent).toBe(1);
});

test('a connection that carries nothing but beats stays', async () => {
  const server = await startServer(0, await freeAddresses(1), { limits: quickBeats });
  servers.push(server);
  const connection = await RawConnection.welcomed(server.network.address);
  for (let beat = 0; beat < 20; beat += 1) {
    connection.send(frameKinds.beat);
    await clock.sleep(15);
  }
  expect(connection.isClosed).toBe(false);
});

test('two servers that have nothing to say keep their connections by beats', async () => {
  const pair = await startCluster(2, { limits: quickBeats });
  servers.push(...pair);
  await clock.sleep(20 * quickBeats.beatMs);
  const counts = pair.map(({ network }) => network.status().counts);
  expect(counts.map(({ closed, dialed }) => [closed.silent, dialed])).toEqual([
    [0, 2],
    [0, 2],
  ]);
});

test('a server that falls silent is given up, what waits for it is reported, and it is tried again', async () => {
  const server = await serverBeside(await RawServer.start(), {
    limits: { ...quickBeats, reconnectMinMs: 1 },
  });
  await until(() => server.network.status().counts.closed.silent >= 2, 'both lanes are given up');
  await until(() => (raws[0]?.connections.length ?? 0) > 2, 'it is tried again');
});

test('a server that does not read is given up, and its messages are reported', async () => {
  const limits = { beatMs: 20, writeMaxMs: 100, frameMaxBytes: 1 << 20, queueMaxBytes: 1 << 20 };
  const raw = await RawServer.start(0, (connection, { purpose }) => {
    welcome(connection);
    if (purpose === 'main') connection.socket.pause();
    const beat = (): void => {
      if (connection.isClosed) return;
      connection.send(frameKinds.beat);
      clock.setTimer(20, beat);
    };
    beat();
  });
  const server = await serverBeside(raw, { limits });
  await until(() => server.network.status().peers[0]?.main === 'open', 'the lane is open');
  let ticket = 0;
  const { recorder, network } = server;
  await until(() => {
    ticket += 1;
    network.transport.send(envelope(1, data(0, 1, 500_000), ticket));
    return network.status().counts.closed.slow === 1;
  }, 'the lane is given up');
  expect(recorder.lost.map((each) => each.ticket)).toContain(ticket);
});

test('a heartbeat overtakes data that waits, and later ones do so in order', async () => {
  const arrived: { readonly purpose: string; readonly term: number }[] = [];
  const raw = await RawServer.start(0, (connection, { purpose }) => {
    welcome(connection);
    if (purpose === 'main') connection.socket.pause();
    connection.socket.on('data', () => {
      for (const { kind, body } of connection.frames.splice(0)) {
        if (kind === frameKinds.message) arrived.push({ purpose, term: termOf(messageCodec.decode(body)) });
      }
    });
  });
  // The raw server sends no beats.
  const server = await serverBeside(raw, { limits: { beatMs: 60_000 } });
  const { transport } = server.network;
  await until(() => {
    const [peer] = server.network.status().peers;
    return peer?.main === 'open' && peer.express === 'open';
  }, 'both lanes are open');
  transport.send(envelope(1, heartbeat(0, 1), 1));
  for (let term = 2; term <= 31; term += 1) transport.send(envelope(1, data(0, term, 1_000_000), term));
  await clock.sleep(5);
  for (let term = 32; term <= 34; term += 1) transport.send(envelope(1, heartbeat(0, term), term));
  await until(() => arrived.length === 3, 'the heartbeats arrive');
  expect(arrived).toEqual([32, 33, 34].map((term) => ({ purpose: 'express', term })));

  raw.connections.find(({ hello }) => hello?.purpose === 'main')?.connection.socket.resume();
  await until(() => arrived.length === 34, 'the data arrives');
  const onMain = arrived.filter(({ purpose }) => purpose === 'main').map(({ term }) => term);
  expect(onMain).toEqual(Array.from({ length: 31 }, (_, at) => at + 1));
});

test('a process that has nothing open keeps nothing running', async () => {
  const server = await startServer(0, await freeAddresses(3));
  const client = connect(new Map([[0, server.network.address]]), {
    cluster,
    clock,
    random: Random.fromSeed(1),
  });
  client.close();
  await server.network.close();
  await server.network.close();
  const { counts } = server.network.status();
  await clock.sleep(50);
  expect(server.network.status().counts).toEqual(counts);
});

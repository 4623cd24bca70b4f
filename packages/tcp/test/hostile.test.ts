// Hostile bytes end one connection, are counted and reported once, and the server goes on.
import { Random } from '@raftlab/runtime';
import { bind, makeService, valueMethod } from '@raftlab/rpc';
import { connect } from '@raftlab/tcp';
import * as fc from 'fast-check';
import { messageCodec } from '@raftlab/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { frameKinds } from '#src/frames';
import type { Hello } from '#src/handshake';
import { clock, cluster, freeAddresses, heartbeat, startServer, until, type TestServer } from './networks.ts';
import { frameBytes, helloBytes, numberBytes, RawConnection } from './raw-connection.ts';

const echo = valueMethod('Test.Echo', { args: z.unknown(), reply: z.unknown() });
const runs = Number(process.env['TCP_FUZZ'] ?? 150);

let server: TestServer;
beforeAll(async () => {
  const services = [makeService('Test', [bind(echo, (value) => value)])];
  server = await startServer(0, await freeAddresses(2), { services });
});
afterAll(() => server.network.close());

/** How many connections ended as hostile, and how many ends were reported. */
function hostileEnds(): { counted: number; reported: number } {
  const reported = server.events.filter(
    (event) => event.kind === 'disconnected' && event.reason === 'hostile',
  );
  return { counted: server.network.status().counts.closed.hostile, reported: reported.length };
}

async function serverAnswers(): Promise<boolean> {
  const client = connect(new Map([[0, server.network.address]]), {
    cluster,
    clock,
    random: Random.fromSeed(1),
  });
  const result = await client.end(0).call(echo, 'still there');
  client.close();
  return result.ok;
}

const lane: Partial<Hello> = { from: 1, purpose: 'main' };

describe('after the handshake', () => {
  test.each([
    ['a frame that is larger than any', {}, Buffer.from([0xff, 0xff, 0xff, 0xff, 6])],
    ['a frame of no kind', {}, frameBytes(99)],
    ['a second hello', {}, helloBytes()],
    [
      'a message on a connection of calls',
      {},
      frameBytes(frameKinds.message, messageCodec.encode(heartbeat(1, 1))),
    ],
    ['a call that is too short', {}, frameBytes(frameKinds.call, Uint8Array.of(0, 0, 0))],
    [
      'a call whose name is longer than it',
      {},
      frameBytes(frameKinds.call, Uint8Array.of(0, 0, 0, 1, 9, 65)),
    ],
    ['a reply to a server', {}, frameBytes(frameKinds.reply, numberBytes(1))],
    ['a beat with a body', {}, frameBytes(frameKinds.beat, Uint8Array.of(1))],
    ['a call on a lane', lane, frameBytes(frameKinds.call, Uint8Array.of(0, 0, 0, 1, 1, 65))],
    ['a message that cannot be read', lane, frameBytes(frameKinds.message, Uint8Array.of(3, 0xc1))],
    ['a message of no kind', lane, frameBytes(frameKinds.message, Uint8Array.of(200))],
    ['an empty message', lane, frameBytes(frameKinds.message)],
  ] as const)('%s ends the connection', async (_title, hello, bytes) => {
    const before = hostileEnds();
    const connection = await RawConnection.welcomed(server.network.address, hello);
    connection.socket.write(bytes);
    await connection.closed();
    await until(() => hostileEnds().reported > before.reported, 'the end is reported');
    expect(hostileEnds()).toEqual({ counted: before.counted + 1, reported: before.reported + 1 });
    expect(await serverAnswers()).toBe(true);
  });
});

test('a message that no member can have sent ends its connection', async () => {
  const before = hostileEnds();
  const refusing = await startServer(0, await freeAddresses(2));
  refusing.recorder.receive = () => {
    throw new Error('appendEntries from server 1, which says that it is from 2');
  };
  const connection = await RawConnection.welcomed(refusing.network.address, lane);
  connection.socket.write(frameBytes(frameKinds.message, messageCodec.encode(heartbeat(2, 1))));
  await connection.closed();
  expect(refusing.network.status().counts.closed.hostile).toBe(1);
  await refusing.network.close();
  expect(hostileEnds()).toEqual(before);
});

/** Bytes that were valid once, or never. */
const fuzz = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 200 }),
  fc
    .tuple(
      fc.constantFrom(
        frameBytes(frameKinds.message, messageCodec.encode(heartbeat(1, 1))),
        frameBytes(
          frameKinds.call,
          Buffer.concat([numberBytes(1), Buffer.from('\u0009Test.Echo'), Uint8Array.of(1)]),
        ),
        helloBytes(),
      ),
      fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { minLength: 1, maxLength: 5 }),
    )
    .map(([bytes, edits]) => {
      const edited = Buffer.from(bytes);
      for (const [place, value] of edits) edited[place % edited.length] = value;
      return edited;
    }),
);

test(`${runs} fuzzed connections each end, before or after their handshake, and the server goes on`, async () => {
  const cases = fc.sample(fc.tuple(fuzz, fc.constantFrom('none', 'calls', 'main')), { numRuns: runs });
  for (const [bytes, purpose] of cases) {
    const connection =
      purpose === 'none'
        ? await RawConnection.to(server.network.address)
        : await RawConnection.welcomed(server.network.address, purpose === 'main' ? lane : {});
    connection.socket.end(bytes);
    await connection.closed();
  }
  const { accepted, closed, refused } = server.network.status().counts;
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((total, each) => total + each, 0);
  await until(() => sum(server.network.status().counts.closed) === accepted, 'every connection has ended');
  const ends = server.events.filter(({ kind }) => kind === 'disconnected').length;
  expect(ends).toBe(sum(closed));
  expect(server.events.filter(({ kind }) => kind === 'refused')).toHaveLength(sum(refused));
  expect(await serverAnswers()).toBe(true);
});

// A connection over a real socket: what is written in a turn of the event loop is handed to the socket when the turn ends, together.
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { defaultLimits } from '@raftlab/tcp';
import { Connection } from '#src/connection';
import { frameKinds, headerSizeBytes } from '#src/frames';
import { encodeHello } from '#src/handshake';
import { clock, until } from './networks.ts';
import { RawServer } from './raw-connection.ts';

let raw: RawServer | undefined;
afterEach(async () => {
  await raw?.close();
  raw = undefined;
});

async function connected(): Promise<{ socket: Socket; connection: Connection; ends: string[] }> {
  raw = await RawServer.start(0, () => undefined);
  const socket = connect(raw.address);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const ends: string[] = [];
  const user = {
    onFrame: () => undefined,
    onClose: ({ reason }: { reason: string }) => void ends.push(reason),
  };
  const connection = new Connection(socket, user, { clock, limits: defaultLimits });
  connection.write(frameKinds.hello, encodeHello({ cluster: 'test', from: null, to: 0, purpose: 'calls' }));
  await until(() => raw?.connections[0]?.hello !== undefined, 'the hello arrives');
  return { socket, connection, ends };
}

test('frames of one turn leave together when it ends, and those of the next one after them', async () => {
  const { socket, connection } = await connected();
  const before = socket.bytesWritten;
  const sizes = [0, 10, 100_000, 3];
  const sizeBytes = sizes.reduce((sum, size) => sum + size + headerSizeBytes, 0);
  for (const size of sizes) connection.write(frameKinds.call, new Uint8Array(size));
  expect([connection.waitingBytes, socket.bytesWritten]).toEqual([sizeBytes, before]);
  await until(() => socket.bytesWritten > before, 'the turn ends');
  expect(socket.bytesWritten).toBe(before + sizeBytes);
  await until(() => connection.waitingBytes === 0, 'the system takes it');

  connection.write(frameKinds.call, new Uint8Array(1));
  await until(() => socket.bytesWritten === before + sizeBytes + headerSizeBytes + 1, 'the next turn ends');
  connection.close('closed', 'the test is over');
});

test('what is written may be changed at once', async () => {
  const { connection } = await connected();
  const part = Uint8Array.of(1, 2, 3);
  connection.write(frameKinds.call, part, part);
  part.fill(9);
  await until(() => raw?.connections[0]?.connection.frames.length === 1, 'the frame arrives');
  const [frame] = raw?.connections[0]?.connection.frames ?? [];
  expect([...(frame?.body ?? [])]).toEqual([1, 2, 3, 1, 2, 3]);
  connection.close('closed', 'the test is over');
});

test('a connection ends once, and nothing is written after that', async () => {
  const { socket, connection, ends } = await connected();
  const before = socket.bytesWritten;
  connection.close('closed', 'first');
  connection.close('silent', 'second');
  connection.write(frameKinds.call, new Uint8Array(5));
  await until(() => socket.destroyed, 'the socket is closed');
  await clock.sleep(20);
  expect([ends, socket.bytesWritten, connection.isOpen]).toEqual([['closed'], before, false]);
});

test('the other side that closes it is the reason `lost`', async () => {
  const { ends } = await connected();
  raw?.connections[0]?.connection.socket.destroy();
  await until(() => ends.length === 1, 'the end is noticed');
  expect(ends).toEqual(['lost']);
});

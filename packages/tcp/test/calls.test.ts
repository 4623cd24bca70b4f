// Calls: what becomes of those that get no reply, and the bounds.
import { getEventListeners } from 'node:events';
import { Random } from '@raftlab/runtime';
import { bind, CodecError, makeService, valueMethod, type Service } from '@raftlab/rpc';
import { CallError, connect, type TcpClient, type TcpClientEnd, type TcpLimits } from '@raftlab/tcp';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callArgsAt, encodeFailure } from '#src/call-frames';
import { frameKinds } from '#src/frames';
import { clock, closeAll, cluster, freeAddresses, startServer, until, type TestServer } from './networks.ts';
import { frameBytes, numberBytes, RawConnection, RawServer } from './raw-connection.ts';

const any = { args: z.unknown(), reply: z.unknown() };
const echo = valueMethod('Test.Echo', any);
const hang = valueMethod('Test.Hang', any);
const fail = valueMethod('Test.Fail', any);
const decline = valueMethod('Test.Decline', any);
const large = valueMethod('Test.Large', any);
const wrongReply = valueMethod('Test.Echo', { args: z.unknown(), reply: z.int() });
const unknown = valueMethod('Other.Method', any);

/** Calls of `hang` that run. */
let answers: ((value: unknown) => void)[] = [];
const service: Service = makeService('Test', [
  bind(echo, (value) => value),
  bind(hang, () => new Promise<unknown>((resolve) => answers.push(resolve))),
  bind(fail, () => {
    throw new TypeError('the handler is broken');
  }),
  bind(decline, () => undefined),
  bind(large, () => new Uint8Array(5000)),
]);

const servers: TestServer[] = [];
const clients: TcpClient[] = [];
const raws: RawServer[] = [];
afterEach(async () => {
  answers = [];
  for (const client of clients.splice(0)) client.close();
  await closeAll(servers.splice(0));
  for (const raw of raws.splice(0)) await raw.close();
});

async function serverAndEnd(
  limits: Partial<TcpLimits> = {},
): Promise<{ server: TestServer; end: TcpClientEnd }> {
  const server = await startServer(0, await freeAddresses(1), { services: [service], limits });
  servers.push(server);
  return { server, end: endOf(server.network.address.port, limits) };
}

function endOf(port: number, limits: Partial<TcpLimits> = {}): TcpClientEnd {
  const options = { cluster, clock, random: Random.fromSeed(1), limits };
  const client = connect(new Map([[0, { host: '127.0.0.1', port }]]), options);
  clients.push(client);
  return client.end(0);
}

async function rawServer(...args: Parameters<typeof RawServer.start>): Promise<RawServer> {
  const raw = await RawServer.start(...args);
  raws.push(raw);
  return raw;
}

describe('a call that gets no reply says why', () => {
  test('after its deadline', async () => {
    const { end } = await serverAndEnd();
    const startedAt = clock.now();
    expect(await end.call(hang, 1, { deadlineMs: 30 })).toEqual({ ok: false, reason: 'deadline' });
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(30);
    expect(await end.call(echo, 2)).toEqual({ ok: true, reply: 2 });
  });

  test('each after its own deadline, not after that of one that was made before', async () => {
    const { end } = await serverAndEnd();
    let isLongOver = false;
    const long = end.call(hang, 1, { deadlineMs: 60_000 }).finally(() => (isLongOver = true));
    const short = await Promise.all([60, 30].map((deadlineMs) => end.call(hang, 1, { deadlineMs })));
    expect(short.map((result) => result.ok || result.reason)).toEqual(['deadline', 'deadline']);
    expect(isLongOver).toBe(false);
    clients[0]?.close();
    expect(await long).toEqual({ ok: false, reason: 'closed' });
  });

  test('when its signal is aborted, during the call or before it', async () => {
    const { end } = await serverAndEnd();
    const controller = new AbortController();
    const call = end.call(hang, 1, { signal: controller.signal });
    await until(() => answers.length === 1, 'the handler runs');
    controller.abort();
    expect(await call).toEqual({ ok: false, reason: 'aborted' });
    expect(await end.call(hang, 1, { signal: controller.signal })).toEqual({ ok: false, reason: 'aborted' });
    await end.call(echo, 0);
    expect(answers).toHaveLength(1);
  });

  test('when the connection is lost', async () => {
    const { server, end } = await serverAndEnd();
    const call = end.call(hang, 1);
    await until(() => answers.length === 1, 'the handler runs');
    await server.network.close();
    expect(await call).toEqual({ ok: false, reason: 'lost' });
  });

  test('when the server is not there, and at once for a while after', async () => {
    const [address] = (await freeAddresses(1)).values();
    const end = endOf(address?.port ?? 0, { reconnectMinMs: 60_000, reconnectMaxMs: 60_000 });
    expect(await end.call(echo, 1)).toEqual({ ok: false, reason: 'unreachable' });
    expect(end.state).toBe('waiting');
    expect(await end.call(echo, 1)).toEqual({ ok: false, reason: 'unreachable' });
  });

  test('when its client is closed, and after that', async () => {
    const { end } = await serverAndEnd();
    const call = end.call(hang, 1);
    await until(() => answers.length === 1, 'the handler runs');
    clients[0]?.close();
    expect(await call).toEqual({ ok: false, reason: 'closed' });
    expect(await end.call(echo, 1)).toEqual({ ok: false, reason: 'closed' });
  });

  test('when the handler declines to answer', async () => {
    const { end } = await serverAndEnd();
    expect(await end.call(decline, 1)).toEqual({ ok: false, reason: 'declined' });
  });
});

test('every call of a method is reported with its duration when it has ended, and no other call', async () => {
  const ended: string[] = [];
  const onCallEnded = (method: string, durationMs: number): void => {
    ended.push(`${method} ${durationMs >= 0 && durationMs < 10_000}`);
  };
  const server = await startServer(0, await freeAddresses(1), { services: [service], onCallEnded });
  servers.push(server);
  const end = endOf(server.network.address.port);
  const hanging = end.call(hang, 1);
  await until(() => answers.length === 1, 'the handler runs');
  expect(await end.call(echo, 1)).toEqual({ ok: true, reply: 1 });
  await expect(end.call(fail, 1)).rejects.toThrow(CallError);
  await expect(end.call(unknown, 1)).rejects.toThrow(CallError);
  expect(ended).toEqual(['Test.Echo true', 'Test.Fail true']);
  answers[0]?.(2);
  expect(await hanging).toEqual({ ok: true, reply: 2 });
  expect(await end.call(decline, 1)).toEqual({ ok: false, reason: 'declined' });
  expect(ended.slice(2)).toEqual(['Test.Hang true', 'Test.Decline true']);
});

describe('a mistake in a program rejects its own call', () => {
  test.each([
    [
      'an unknown method',
      unknown,
      'unknown-method',
      'Other.Method to server 0 failed: this server offers no such method',
    ],
    ['a handler that throws', fail, 'failed', 'TypeError: the handler is broken'],
    ['a reply that no frame can hold', large, 'failed', 'the reply has 5'],
  ])('%s', async (_title, method, code, message) => {
    const { end } = await serverAndEnd({ frameMaxBytes: 2000 });
    const error: unknown = await end.call(method, 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({ code, server: 0, method: method.name });
    expect(String(error)).toContain(message);
    expect(await end.call(echo, 'next')).toEqual({ ok: true, reply: 'next' });
  });

  test('arguments that no frame can hold', async () => {
    const { end } = await serverAndEnd({ frameMaxBytes: 2000 });
    await expect(end.call(echo, 'x'.repeat(2000))).rejects.toMatchObject({ code: 'too-large' });
    expect(await end.call(echo, 'next')).toEqual({ ok: true, reply: 'next' });
  });

  test.each([NaN, Infinity])('a deadline of %d ms', async (deadlineMs) => {
    const { end } = await serverAndEnd();
    const controller = new AbortController();
    const call = end.call(echo, 1, { deadlineMs, signal: controller.signal });
    await expect(call).rejects.toThrow(RangeError);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    // It left no deadline behind that can never be met.
    expect(await end.call(hang, 1, { deadlineMs: 1 })).toEqual({ ok: false, reason: 'deadline' });
  });

  test('a reply that the method does not have', async () => {
    const { end } = await serverAndEnd();
    await expect(end.call(wrongReply, 'text')).rejects.toThrow(CodecError);
    expect(await end.call(wrongReply, 5)).toEqual({ ok: true, reply: 5 });
  });

  test('a handler that throws is reported at the server with its error', async () => {
    const { server, end } = await serverAndEnd();
    await end.call(fail, 1).catch(() => undefined);
    expect(server.events).toContainEqual({
      kind: 'handler-failed',
      method: 'Test.Fail',
      error: new TypeError('the handler is broken'),
    });
  });

  test('two services of one name', async () => {
    const started = startServer(0, await freeAddresses(1), { services: [service, service] });
    await expect(started).rejects.toThrow('two services have one name: Test, Test');
  });
});

describe('calls are bounded', () => {
  test('a client refuses one more than may be pending, without sending it', async () => {
    const server = await startServer(0, await freeAddresses(1), { services: [service] });
    servers.push(server);
    const end = endOf(server.network.address.port, { callsInFlightMax: 2 });
    const pending = [end.call(hang, 1), end.call(hang, 2)];
    expect(await end.call(echo, 3)).toEqual({ ok: false, reason: 'busy' });
    expect(server.network.status().counts.callsRefused).toBe(0);
    await until(() => answers.length === 2, 'the handlers run');
    for (const answer of answers) answer('done');
    expect(await Promise.all(pending)).toEqual([
      { ok: true, reply: 'done' },
      { ok: true, reply: 'done' },
    ]);
    expect(await end.call(echo, 4)).toEqual({ ok: true, reply: 4 });
  });

  test('a server refuses one more than may run on a connection, and says so', async () => {
    const server = await startServer(0, await freeAddresses(1), {
      services: [service],
      limits: { callsInFlightMax: 2 },
    });
    servers.push(server);
    const end = endOf(server.network.address.port);
    void end.call(hang, 1);
    void end.call(hang, 2);
    expect(await end.call(echo, 3)).toEqual({ ok: false, reason: 'busy' });
    expect(server.network.status().counts.callsRefused).toBe(1);
    answers[0]?.('done');
    await clock.sleep(0);
    expect(await end.call(echo, 4)).toEqual({ ok: true, reply: 4 });
  });

  test('a client refuses a call when too many bytes wait', async () => {
    const raw = await rawServer(0, () => undefined);
    const end = endOf(raw.address.port, { frameMaxBytes: 1000, queueMaxBytes: 1000 });
    const first = end.call(echo, 'x'.repeat(700));
    expect(await end.call(echo, 'x'.repeat(700))).toEqual({ ok: false, reason: 'busy' });
    clients[0]?.close();
    expect(await first).toEqual({ ok: false, reason: 'closed' });
  });

  test('a client that does not read its replies loses its connection', async () => {
    const { server } = await serverAndEnd({ frameMaxBytes: 1 << 20, queueMaxBytes: 1 << 20 });
    const connection = await RawConnection.welcomed(server.network.address);
    connection.socket.pause();
    const name = Buffer.from('\u0009Test.Echo');
    const call = Buffer.concat([numberBytes(1), name, echo.args.encode(new Uint8Array(500_000))]);
    for (let count = 0; count < 60; count += 1) connection.send(frameKinds.call, call);
    await until(() => server.network.status().counts.closed.slow === 1, 'the connection is ended');
  });
});

test('replies may come in any order, late ones and unknown ones are ignored', async () => {
  const raw = await rawServer();
  const end = endOf(raw.address.port);
  // With an open connection the call with a deadline is sent at once; one whose deadline comes first is never sent.
  const first = end.call(echo, 'first');
  await until(() => raw.connections[0]?.connection.frames.length === 1, 'the first call arrives');
  const late = end.call(echo, 'late', { deadlineMs: 20 });
  expect(await late).toEqual({ ok: false, reason: 'deadline' });
  const calls = [first, end.call(echo, 'a'), end.call(echo, 'b')];
  const connection = raw.connections[0]?.connection;
  await until(() => connection?.frames.length === 4, 'all calls arrive');
  const bodies = (connection?.frames ?? []).map(({ body }) => ({
    number: body.readUInt32BE(0),
    args: body.subarray(callArgsAt(body)),
  }));
  for (const { number, args } of bodies.toReversed()) {
    connection?.send(frameKinds.reply, Buffer.concat([numberBytes(number), args]));
  }
  connection?.send(
    frameKinds.failure,
    Buffer.concat([numberBytes(4_000_000_000), encodeFailure('busy', '')]),
  );
  expect(await Promise.all(calls)).toEqual([
    { ok: true, reply: 'first' },
    { ok: true, reply: 'a' },
    { ok: true, reply: 'b' },
  ]);
  expect(end.state).toBe('open');
});

test.each([
  ['an answer that is too short', frameBytes(frameKinds.reply, Uint8Array.of(1))],
  ['a failure with an unknown code', frameBytes(frameKinds.failure, Uint8Array.of(0, 0, 0, 1, 99))],
  ['a frame of another kind', frameBytes(frameKinds.call, Uint8Array.of(0, 0, 0, 1))],
])('%s ends the connection of a client', async (_title, bytes) => {
  const raw = await rawServer();
  const end = endOf(raw.address.port);
  const call = end.call(echo, 1);
  await until(() => raw.connections[0]?.connection.frames.length === 1, 'the call arrives');
  raw.connections[0]?.connection.socket.write(bytes);
  expect(await call).toEqual({ ok: false, reason: 'lost' });
  expect(clients[0]?.counts().closed.hostile).toBe(1);
});

test('a call that is aborted before it could be sent is never sent', async () => {
  const raw = await rawServer();
  const end = endOf(raw.address.port);
  const controller = new AbortController();
  const aborted = end.call(echo, 'aborted', { signal: controller.signal });
  const other = end.call(echo, 'other');
  controller.abort();
  expect(await aborted).toEqual({ ok: false, reason: 'aborted' });
  const frames = (): readonly { body: Buffer }[] => raw.connections[0]?.connection.frames ?? [];
  await until(() => frames().length > 0, 'the other call arrives');
  expect(frames().map(({ body }) => echo.args.decode(body.subarray(callArgsAt(body))))).toEqual(['other']);
  clients[0]?.close();
  expect(await other).toEqual({ ok: false, reason: 'closed' });
});

test('a program may make a call when it receives the event that its end is connected', async () => {
  const server = await startServer(0, await freeAddresses(1), { services: [service] });
  servers.push(server);
  const inner: Promise<unknown>[] = [];
  const client = connect(new Map([[0, server.network.address]]), {
    cluster,
    clock,
    random: Random.fromSeed(1),
    onEvent: ({ kind }) => {
      if (kind === 'connected') inner.push(client.end(0).call(echo, 'inner'));
    },
  });
  clients.push(client);
  expect(await client.end(0).call(echo, 'outer')).toEqual({ ok: true, reply: 'outer' });
  expect(await Promise.all(inner)).toEqual([{ ok: true, reply: 'inner' }]);
});

test('servers of a cluster call each other', async () => {
  const peers = await freeAddresses(2);
  const [first, second] = await Promise.all(
    [0, 1].map((me) => startServer(me, peers, { services: [service] })),
  );
  if (first === undefined || second === undefined) throw new Error('there are two servers');
  servers.push(first, second);
  expect(await first.network.end(1).call(echo, 'hello')).toEqual({ ok: true, reply: 'hello' });
  expect(() => first.network.end(7)).toThrow('the address of server 7 is not known');
});

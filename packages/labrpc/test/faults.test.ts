// Mistakes in the program: each fails its own call, is reported, and affects no other. And isolation: only bytes cross.
import { RpcError, type RpcErrorKind } from '@raftlab/labrpc';
import { bind, CodecError, makeService, valueMethod, type Method } from '@raftlab/rpc';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { echo, echoSize, setUp, timedCall, type SetUp } from './set-up.ts';

const boom = new Error('boom');
const text = z.string();
const anything: z.ZodType = z.unknown();
const method = (name: string): Method<string, string> => valueMethod(name, { args: text, reply: text });
const loose = (name: string): Method<unknown, unknown> =>
  valueMethod(name, { args: anything, reply: anything });

const faultTable: Array<{
  title: string;
  act: (given: SetUp) => Promise<unknown>;
  kind: RpcErrorKind;
  message: string;
  cause?: unknown;
}> = [
  {
    title: 'an unknown service is reported with the known ones',
    act: ({ end }) => end.call(method('Tset.Echo'), 'x'),
    kind: 'unknown-service',
    message: 'Tset.Echo: no service "Tset" on this server; it offers "Test", "Faulty"',
  },
  {
    title: 'an unknown method is reported with the known ones',
    act: ({ end }) => end.call(method('Test.Ehco'), 'x'),
    kind: 'unknown-method',
    message: 'Test.Ehco: service "Test" has no method "Ehco"; it has "Echo"',
  },
  {
    title: 'a method name is split at its last dot',
    act: ({ end }) => end.callBytes('a.b.c', new Uint8Array()),
    kind: 'unknown-service',
    message: 'a.b.c: no service "a.b" on this server; it offers "Test", "Faulty"',
  },
  {
    title: 'bytes that are not msgpack are rejected',
    act: ({ end }) => end.callBytes('Test.Echo', new Uint8Array([0xd9, 0xff, 1])),
    kind: 'bad-request',
    message: 'cannot decode Test.Echo arguments',
    cause: expect.any(CodecError),
  },
  {
    title: 'arguments that violate the schema are rejected',
    act: ({ end }) => end.call(loose('Test.Echo'), 42),
    kind: 'bad-request',
    message: 'cannot decode Test.Echo arguments',
    cause: expect.any(CodecError),
  },
  {
    title: 'unserializable arguments are rejected',
    act: ({ end }) => end.call(loose('Test.Echo'), { deep: [() => 1] }),
    kind: 'bad-request',
    message: 'cannot encode Test.Echo arguments at deep[0]: a function cannot be serialized',
    cause: expect.any(CodecError),
  },
  {
    title: 'an unserializable reply is rejected',
    act: ({ end }) => end.call(loose('Faulty.Unserializable'), ''),
    kind: 'bad-reply',
    message: 'cannot encode Faulty.Unserializable reply at when: an instance of Map cannot be serialized',
    cause: expect.any(CodecError),
  },
  {
    title: 'an unserializable reply of a promise is rejected',
    act: ({ end }) => end.call(loose('Faulty.LateUnserializable'), ''),
    kind: 'bad-reply',
    message: 'cannot encode Faulty.LateUnserializable reply',
    cause: expect.any(CodecError),
  },
  {
    title: 'a reply that violates the schema of the caller is rejected',
    act: ({ end }) => end.call(valueMethod('Test.Echo', { args: text, reply: z.int() }), 'x'),
    kind: 'bad-reply',
    message: 'cannot decode Test.Echo reply',
    cause: expect.any(CodecError),
  },
  {
    title: 'an error of a handler is the cause',
    act: ({ end }) => end.call(loose('Faulty.Throws'), ''),
    kind: 'handler-failed',
    message: 'Faulty.Throws: the handler failed: boom',
    cause: boom,
  },
  {
    title: 'the error of a rejected promise is the cause',
    act: ({ end }) => end.call(loose('Faulty.Rejects'), ''),
    kind: 'handler-failed',
    message: 'Faulty.Rejects: the handler failed: boom',
    cause: boom,
  },
  {
    title: 'a CodecError of the handler itself is not a bad request',
    act: ({ end }) => end.call(loose('Faulty.DecodesBadly'), ''),
    kind: 'handler-failed',
    message: 'Faulty.DecodesBadly: the handler failed: cannot decode Test.Echo arguments',
    cause: expect.any(CodecError),
  },
  {
    title: 'a thrown value that is not an Error is the cause',
    act: ({ end }) => end.call(loose('Faulty.ThrowsText'), ''),
    kind: 'handler-failed',
    message: 'Faulty.ThrowsText: the handler failed: just text',
    cause: 'just text',
  },
];

describe('a mistake fails its own call, is reported once, and affects no other call', () => {
  const named = faultTable.map((row) => [row.title, row] as const);
  test.each(named)('%s', async (_title, { act, kind, message, cause }) => {
    const given = faultySetUp();
    const [before, thrown, after] = await given.clock.run(() =>
      Promise.all([
        timedCall(given, 'before'),
        act(given).catch((error: unknown) => error),
        timedCall(given, 'after'),
      ]),
    );
    expect(thrown).toBeInstanceOf(RpcError);
    expect(thrown).toMatchObject({ name: 'RpcError', kind, message: expect.stringContaining(message) });
    expect(thrown instanceof RpcError ? thrown.cause : 'no RpcError').toEqual(cause);
    expect(given.faults).toEqual([thrown]);
    expect([before.reply, after.reply]).toEqual(['before', 'after']);
    expect((await timedCall(given, 'later')).reply).toBe('later');
  });
});

test('arguments that cannot be encoded never enter the network', async () => {
  const given = faultySetUp();
  await expect(given.end.call(loose('Test.Echo'), 1n)).rejects.toThrow('a bigint');
  expect([given.net.getTotalCount(), given.net.getTotalBytes()]).toEqual([0, 0]);
  expect(given.events).toEqual([]);
});

test('a request for an unknown method is dispatched, and counted at the server', async () => {
  const given = faultySetUp();
  await expect(given.end.call(method('Test.Ehco'), 'x')).rejects.toThrow('no method');
  expect(given.net.getCount('s')).toBe(1);
  expect(given.events.map(({ kind }) => kind)).toEqual(['sent', 'dispatched', 'faulted']);
});

test('a handler that fails after its call failed is still reported', async () => {
  const given = setUp({
    handler: async (_text, clock) => {
      await clock.sleep(250);
      throw boom;
    },
  });
  await given.clock.run(async () => {
    const call = timedCall(given);
    given.net.deleteServer('s');
    given.net.addServer('s', given.server);
    await given.clock.sleep(1);
    given.net.deleteServer('s');
    expect(await call).toMatchObject({ ok: false, tookMs: 100 });
    expect(given.faults).toEqual([]);
    await given.clock.sleep(200);
  });
  expect(given.faults).toMatchObject([{ kind: 'handler-failed', cause: boom }]);
});

test('a handler that fails on a dead server is reported, but its call does not reject', async () => {
  const given = setUp({
    handler: async (_text, clock) => {
      await clock.sleep(50);
      throw boom;
    },
  });
  await given.clock.run(async () => {
    const call = timedCall(given);
    await given.clock.sleep(1);
    given.net.enable('e', false);
    expect(await call).toMatchObject({ ok: false, tookMs: 50 });
  });
  expect(given.faults).toMatchObject([{ kind: 'handler-failed', cause: boom }]);
});

test.each([
  ['at once', (): string | undefined => undefined],
  ['later', async (): Promise<string | undefined> => undefined],
])('a handler that declines to answer %s is a lost reply', async (_when, handler) => {
  const given = setUp({ handler });
  expect(await given.clock.run(() => timedCall(given))).toMatchObject({ ok: false, tookMs: 0 });
  expect(given.net.getTotalBytes()).toBe(echoSize('x'));
  expect(given.faults).toEqual([]);
  expect(given.events.map(({ kind }) => kind)).toEqual(['sent', 'dispatched', 'unanswered']);
});

test('a service replaces one of the same name', async () => {
  const given = setUp();
  expect((await timedCall(given)).reply).toBe('x');
  given.server.addService(makeService('Test', [bind(echo, () => 'other')]));
  expect((await timedCall(given)).reply).toBe('other');
});

describe('isolation', () => {
  const schema = z.strictObject({ list: z.array(z.int()), data: z.instanceof(Uint8Array) });
  const store = valueMethod('Faulty.Store', { args: schema, reply: schema });

  test('arguments may be changed right after the call, and replies at any time', async () => {
    const given = setUp();
    const kept = { list: [1], data: new Uint8Array([1]) };
    given.server.addService(
      makeService('Faulty', [bind(store, (args) => (Object.assign(kept, args), kept))]),
    );
    const args = { list: [1, 2], data: new Uint8Array([1, 2]) };
    const call = given.end.call(store, args);
    args.list.push(3);
    args.data[0] = 9;
    const result = await call;
    expect(result).toEqual({ ok: true, reply: { list: [1, 2], data: new Uint8Array([1, 2]) } });
    if (result.ok) {
      result.reply.list.push(4);
      result.reply.data[1] = 9;
    }
    expect(kept).toEqual({ list: [1, 2], data: new Uint8Array([1, 2]) });
  });

  test('raw bytes may be changed right after the call', async () => {
    const given = setUp();
    const bytes = Buffer.from(echo.args.encode('x'));
    const call = given.end.callBytes('Test.Echo', bytes);
    bytes.fill(0xff);
    expect(await call).toEqual(echo.reply.encode('x'));
  });
});

function faultySetUp(): SetUp {
  const given = setUp();
  given.server.addService(
    makeService('Faulty', [
      bind(loose('Faulty.Throws'), () => {
        throw boom;
      }),
      bind(loose('Faulty.ThrowsText'), () => {
        // oxlint-disable-next-line no-throw-literal
        throw 'just text';
      }),
      bind(loose('Faulty.Rejects'), () => Promise.reject(boom)),
      bind(loose('Faulty.DecodesBadly'), async () => echo.args.decode(new Uint8Array([0xd9, 0xff, 1]))),
      bind(loose('Faulty.Unserializable'), () => ({ when: new Map() })),
      bind(loose('Faulty.LateUnserializable'), async () => new Map()),
    ]),
  );
  return given;
}

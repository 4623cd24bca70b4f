// bind and makeService: from a method and its handler to bytes and back.
import {
  bind,
  CodecError,
  InvalidServiceError,
  makeService,
  splitMethodName,
  valueMethod,
} from '@raftlab/rpc';
import { AssertionError } from '@raftlab/runtime/assert';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const parse = valueMethod('Junk.Parse', { args: z.string(), reply: z.int() });
const args = parse.args.encode('9099');

function fail(): number {
  throw new Error('broken');
}

describe('a bound method', () => {
  test('decodes the arguments and encodes the reply', async () => {
    const bound = bind(parse, (text) => Number.parseInt(text, 10));
    expect(bound.name).toBe('Junk.Parse');
    expect(parse.reply.decode((await bound.dispatch(args)) ?? new Uint8Array(0))).toBe(9099);
  });

  test('returns bytes, not a promise, when its handler returns a value', () => {
    expect(bind(parse, () => 1).dispatch(args)).toBeInstanceOf(Uint8Array);
  });

  test('returns a promise when its handler does', async () => {
    const bound = bind(parse, async (text) => text.length);
    expect(parse.reply.decode((await bound.dispatch(args)) ?? new Uint8Array(0))).toBe(4);
  });

  test('has no answer when its handler declines, at once or later', async () => {
    expect(bind(parse, () => undefined).dispatch(args)).toBeUndefined();
    expect(await bind(parse, async () => undefined).dispatch(args)).toBeUndefined();
  });

  test('rejects bytes that are not arguments, without calling its handler', () => {
    let callCount = 0;
    const bound = bind(parse, () => (callCount += 1));
    expect(() => bound.dispatch(Uint8Array.from([7]))).toThrow('cannot decode Junk.Parse arguments');
    expect(() => bound.dispatch(Uint8Array.from([0xc1]))).toThrow(CodecError);
    expect(callCount).toBe(0);
  });

  test('rejects an unserializable reply', async () => {
    const untyped = valueMethod('Junk.Any', { args: z.unknown(), reply: z.unknown() });
    expect(() => bind(untyped, () => () => 1).dispatch(args)).toThrow(
      'cannot encode Junk.Any reply: a function',
    );
    await expect(bind(untyped, async () => 1n).dispatch(args)).rejects.toThrow(CodecError);
  });

  test('throws, or rejects with, what its handler throws', async () => {
    expect(() => bind(parse, fail).dispatch(args)).toThrow('broken');
    await expect(bind(parse, async () => fail()).dispatch(args)).rejects.toThrow('broken');
  });
});

describe('a service', () => {
  test('has its methods by the part of the name after the last dot', () => {
    const schemas = { args: z.unknown(), reply: z.unknown() };
    const service = makeService('Raft', [
      bind(valueMethod('Raft.RequestVote', schemas), () => 1),
      bind(valueMethod('Raft.AppendEntries', schemas), () => 2),
    ]);
    expect(service.name).toBe('Raft');
    expect([...service.methods.keys()]).toEqual(['RequestVote', 'AppendEntries']);
  });

  const bound = bind(parse, () => 1);
  test.each([
    ['of another service', 'Raft', [bound], /cannot be part of service Raft: its name must be Raft, a dot/],
    [
      'that is bound twice',
      'Junk',
      [bound, bound],
      /cannot be part of service Junk: another method has this name/,
    ],
  ])('rejects a method %s', (_what, service, methods, message) => {
    const make = (): unknown => makeService(service, methods);
    expect(make).toThrow(InvalidServiceError);
    expect(make).toThrow(message);
    expect(make).toThrow(
      expect.objectContaining({ name: 'InvalidServiceError', service, method: 'Junk.Parse' }),
    );
  });
});

test.each([
  ['Raft.AppendEntries', 'Raft', 'AppendEntries'],
  ['a.b.c', 'a.b', 'c'],
  ['nothing', '', 'nothing'],
  ['.x', '', 'x'],
  ['x.', 'x', ''],
])('%s is split at its last dot', (name, service, method) => {
  expect(splitMethodName(name)).toEqual([service, method]);
});

describe('mistakes of a JavaScript caller are assertions', () => {
  const untyped: Array<[mistake: string, make: () => unknown, message: string]> = [
    [
      'a handler that is not a function',
      () => bind(parse, JSON.parse('1')),
      'the handler of Junk.Parse must be a function, got number',
    ],
    [
      'a method without a name',
      () => valueMethod('', { args: z.int(), reply: z.int() }),
      'must not be empty',
    ],
    [
      'a dispatch without bytes',
      () => bind(parse, () => 1).dispatch(JSON.parse('1')),
      'Junk.Parse was dispatched with number, not with bytes',
    ],
  ];
  test.each(untyped)('%s', (_mistake, make, message) => {
    expect(make).toThrow(AssertionError);
    expect(make).toThrow(message);
  });
});

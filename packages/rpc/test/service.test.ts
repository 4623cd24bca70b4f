// From a method and its handler to bytes and back.
import { bind, CodecError, makeService, splitMethodName, valueMethod } from '@raftlab/rpc';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const parse = valueMethod('Junk.Parse', { args: z.string(), reply: z.int() });
const args = parse.args.encode('9099');

function fail(): number {
  throw new Error('broken');
}

describe('a bound method', () => {
  test('goes from bytes to bytes', async () => {
    const bound = bind(parse, (text) => Number.parseInt(text, 10));
    expect(bound.name).toBe('Junk.Parse');
    expect(parse.reply.decode((await bound.dispatch(args)) ?? new Uint8Array(0))).toBe(9099);
  });

  test('answers in the same turn when its handler does', () => {
    expect(bind(parse, () => 1).dispatch(args)).toBeInstanceOf(Uint8Array);
  });

  test('waits for a handler that takes its time', async () => {
    const bound = bind(parse, async (text) => text.length);
    expect(parse.reply.decode((await bound.dispatch(args)) ?? new Uint8Array(0))).toBe(4);
  });

  test('has no answer when its handler has none, at once or later', async () => {
    expect(bind(parse, () => undefined).dispatch(args)).toBeUndefined();
    expect(await bind(parse, async () => undefined).dispatch(args)).toBeUndefined();
  });

  test('refuses arguments that are none, and then does not call its handler', () => {
    let callCount = 0;
    const bound = bind(parse, () => (callCount += 1));
    expect(() => bound.dispatch(Uint8Array.from([7]))).toThrow('cannot decode Junk.Parse arguments');
    expect(() => bound.dispatch(Uint8Array.from([0xc1]))).toThrow(CodecError);
    expect(callCount).toBe(0);
  });

  test('refuses a reply that cannot travel', async () => {
    const untyped = valueMethod('Junk.Any', { args: z.unknown(), reply: z.unknown() });
    expect(() => bind(untyped, () => () => 1).dispatch(args)).toThrow(
      'cannot encode Junk.Any reply: a function',
    );
    await expect(bind(untyped, async () => 1n).dispatch(args)).rejects.toThrow(CodecError);
  });

  test('passes on what its handler throws', async () => {
    expect(() => bind(parse, fail).dispatch(args)).toThrow('broken');
    await expect(bind(parse, async () => fail()).dispatch(args)).rejects.toThrow('broken');
  });
});

describe('a service', () => {
  test('has its methods by their short names', () => {
    const schemas = { args: z.unknown(), reply: z.unknown() };
    const service = makeService('Raft', [
      bind(valueMethod('Raft.RequestVote', schemas), () => 1),
      bind(valueMethod('Raft.AppendEntries', schemas), () => 2),
    ]);
    expect(service.name).toBe('Raft');
    expect([...service.methods.keys()]).toEqual(['RequestVote', 'AppendEntries']);
  });

  test("takes neither another service's methods nor one twice", () => {
    const bound = bind(parse, () => 1);
    expect(() => makeService('Raft', [bound])).toThrow('Method Junk.Parse does not belong to service Raft.');
    expect(() => makeService('Junk', [bound, bound])).toThrow('Method Junk.Parse is given twice.');
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

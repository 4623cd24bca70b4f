// The store alone: its operations, its snapshots, and its agreement with the model that histories are checked by.
import { illegal, keyValueModel, type KeyValueInput, type KeyValueState } from '@raftlab/linearizability';
import { packTuple } from '@raftlab/rpc';
import { encodePart } from '@raftlab/rsm';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandCodec, KeyValueMachine, type KeyValueCommand, valueLengthMax } from '@raftlab/kv';

/** A store after these commands. */
function after(...commands: KeyValueCommand[]): KeyValueMachine {
  const machine = new KeyValueMachine();
  for (const command of commands) machine.apply(command);
  return machine;
}

const put = (key: string, value: string): KeyValueCommand => ({ kind: 'put', key, value });
const get = (machine: KeyValueMachine, key: string) => machine.query({ kind: 'get', key }).pairs[0];

test('each change of a key counts its version up, and a delete makes it missing', () => {
  const machine = new KeyValueMachine();
  expect(machine.apply(put('a', 'x'))).toEqual({ applied: true, version: 1 });
  expect(machine.apply({ kind: 'append', key: 'a', value: 'y' })).toEqual({ applied: true, version: 2 });
  expect(get(machine, 'a')).toEqual({ key: 'a', value: 'xy', version: 2 });
  expect(machine.apply({ kind: 'delete', key: 'a' })).toEqual({ applied: true, version: 0 });
  expect(get(machine, 'a')).toBeUndefined();
  expect(machine.apply({ kind: 'delete', key: 'a' })).toEqual({ applied: false, version: 0 });
  expect(machine.size).toBe(0);
});

test('an append makes a missing key', () => {
  expect(get(after({ kind: 'append', key: 'a', value: 'x' }), 'a')).toEqual({
    key: 'a',
    value: 'x',
    version: 1,
  });
});

test('a compare-and-set changes a key of its version, and no other; version 0 is a missing key', () => {
  const machine = new KeyValueMachine();
  const set = (version: number, value: string) =>
    machine.apply({ kind: 'compareAndSet', key: 'a', value, version });
  expect(set(1, 'x')).toEqual({ applied: false, version: 0 });
  expect(set(0, 'x')).toEqual({ applied: true, version: 1 });
  expect(set(0, 'y')).toEqual({ applied: false, version: 1 });
  expect(set(1, 'z')).toEqual({ applied: true, version: 2 });
  expect(get(machine, 'a')?.value).toBe('z');
});

test('an append beyond the longest value is not applied', () => {
  const machine = after(put('a', 'x'.repeat(valueLengthMax)));
  expect(machine.apply({ kind: 'append', key: 'a', value: 'y' })).toEqual({ applied: false, version: 1 });
});

test('a range goes on behind the key that it is given, whether or not the key is there', () => {
  const machine = after(put('b2', '4'), put('a', '1'), put('b1', '3'), put('c', '5'), put('b', '2'));
  const range = (prefix: string, behind: string) =>
    machine.query({ kind: 'range', prefix, limit: 2, after: behind }).pairs.map(({ key }) => key);
  expect(range('', 'a')).toEqual(['b', 'b1']);
  expect(range('b', 'b')).toEqual(['b1', 'b2']);
  expect(range('b', 'b1x')).toEqual(['b2']);
  expect(range('b', 'a')).toEqual(['b', 'b1']);
  expect(range('b', 'c')).toEqual([]);
  expect(range('', '')).toEqual(['a', 'b']);
});

test('a range has the keys with its prefix, in order, up to its limit, and says whether there are more', () => {
  const machine = after(put('b2', '4'), put('a', '1'), put('b1', '3'), put('c', '5'), put('b', '2'));
  const range = (prefix: string, limit: number) => {
    const { pairs, hasMore } = machine.query({ kind: 'range', prefix, limit });
    return [pairs.map(({ key }) => key).join(' '), hasMore];
  };
  expect(range('b', 10)).toEqual(['b b1 b2', false]);
  expect(range('b', 3)).toEqual(['b b1 b2', false]);
  expect(range('b', 2)).toEqual(['b b1', true]);
  expect(range('', 10)).toEqual(['a b b1 b2 c', false]);
  expect(range('d', 10)).toEqual(['', false]);
  machine.apply(put('b0', '6'));
  expect(range('b', 10)).toEqual(['b b0 b1 b2', false]);
  machine.apply({ kind: 'delete', key: 'b' });
  expect(range('b', 10)).toEqual(['b0 b1 b2', false]);
  machine.restore(after(put('bb', '')).snapshot());
  expect(range('b', 10)).toEqual(['bb', false]);
});

const keys = fc.constantFrom('a', 'b', 'ab');
const commands: fc.Arbitrary<KeyValueCommand> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put', 'append'), key: keys, value: fc.string({ maxLength: 5 }) }),
  fc.record({ kind: fc.constant('delete'), key: keys }),
  fc.record({
    kind: fc.constant('compareAndSet'),
    key: keys,
    value: fc.string({ maxLength: 5 }),
    version: fc.integer({ min: 0, max: 3 }),
  }),
);

test('commands survive their codec', () => {
  fc.assert(
    fc.property(commands, (command) => {
      expect(commandCodec.decode(commandCodec.encode(command))).toEqual(command);
    }),
  );
  for (const bytes of [[0x91, 0], [0x93, 9, 0xa1, 0x61, 0xa0], [0x92, 0, 0xa1, 0x61], [0xc0]])
    expect(() => commandCodec.decode(Uint8Array.from(bytes))).toThrow('KeyValueCommand');
});

test('a store that is restored from a snapshot is the same store', () => {
  fc.assert(
    fc.property(fc.array(commands), fc.array(commands), (before, later) => {
      const original = after(...before);
      const restored = new KeyValueMachine();
      restored.restore(original.snapshot());
      for (const command of later) expect(restored.apply(command)).toEqual(original.apply(command));
      expect(restored.snapshot()).toEqual(original.snapshot());
    }),
  );
});

/** A store whose snapshot has several parts. */
function largeStore(): KeyValueMachine {
  const list = Array.from({ length: 40 }, (_, number) => put(`key ${number + 10}`, 'v'.repeat(10_000)));
  return after(...list);
}

test('the pieces of a snapshot are of the moment when it was begun', () => {
  const machine = largeStore();
  const expected = machine.snapshot();
  const made: Uint8Array[] = [];
  for (const piece of machine.snapshotPieces()) {
    made.push(piece);
    machine.apply(put('key 10', `changed ${made.length}`));
    machine.apply({ kind: 'delete', key: `key ${10 + made.length}` });
    machine.apply(put(`key 3${made.length}x`, 'new'));
  }
  expect(made.length).toBeGreaterThan(4);
  expect(Buffer.concat(made).equals(expected)).toBe(true);
});

test('a store that is restored in steps has its old pairs until the last one', () => {
  const snapshot = largeStore().snapshot();
  const machine = after(put('a', 'old'));
  let stepCount = 0;
  for (const _ of machine.restoreSteps(snapshot)) {
    stepCount += 1;
    expect([machine.size, get(machine, 'a')?.value]).toEqual([1, 'old']);
  }
  expect(stepCount).toBeGreaterThan(3);
  expect([machine.size, get(machine, 'a')]).toEqual([40, undefined]);
});

test('a snapshot that is cut, reordered or of another form is refused, and changes nothing', () => {
  const pieces = [...largeStore().snapshotPieces()];
  const [head = new Uint8Array(0), first = head, second = head, ...rest] = pieces;
  const whole = Buffer.concat(pieces);
  for (const [bytes, why] of [
    [whole.subarray(0, -1), 'not complete'],
    [Buffer.concat(pieces.slice(0, -1)), 'pairs, and says that it has 40'],
    [Buffer.concat([head, second, first, ...rest]), 'not after the key before it'],
    [Buffer.concat([whole, first]), 'not after the key before it'],
    [Buffer.concat([whole, Buffer.of(0, 0, 0, 0, 0)]), 'no part begins there'],
    [Buffer.concat([head, encodePart(Buffer.of(0x91, 1))]), 'something else than keys'],
    [Buffer.of(0xc0), 'not a tuple'],
  ] as const) {
    const machine = after(put('a', 'old'));
    expect(() => machine.restore(bytes)).toThrow(why);
    expect(machine.size).toBe(1);
  }
});

test('a snapshot of the first format is read', () => {
  const pairs = [
    ['b', 'second', 3],
    ['a', 'first', 1],
  ];
  const machine = after(put('c', 'old'));
  machine.restore(packTuple([1, pairs]));
  expect(machine.query({ kind: 'range', prefix: '', limit: 9 }).pairs).toEqual([
    { key: 'a', value: 'first', version: 1 },
    { key: 'b', value: 'second', version: 3 },
  ]);
});

/** The same operation, for the model. */
function inputOf(command: KeyValueCommand): KeyValueInput {
  return command;
}

test('the store behaves as the model by which histories are checked', () => {
  const model = keyValueModel();
  fc.assert(
    fc.property(fc.array(commands), (list) => {
      const machine = new KeyValueMachine();
      const states = new Map<string, KeyValueState>();
      for (const command of list) {
        const { applied, version } = machine.apply(command);
        const hasOutcome = command.kind === 'delete' || command.kind === 'compareAndSet';
        const output = { version, ...(hasOutcome && { applied }) };
        const next = model.step(states.get(command.key) ?? model.init, inputOf(command), output);
        if (next === illegal) throw new Error(`${command.kind} is illegal in the model`);
        const read = get(machine, command.key);
        const seen = { value: read?.value ?? null, version: read?.version ?? 0 };
        expect(model.step(next, { kind: 'get', key: command.key }, seen)).not.toBe(illegal);
        states.set(command.key, next);
      }
    }),
  );
});

// A server that was restored from a snapshot had another store than one that had executed the log, or refused the snapshot.
test('texts that begin with byte order marks are the same in the log, in the store and in a snapshot', () => {
  const text = (marks: number) => `${'\uFEFF'.repeat(marks)}${'x'.repeat(100)}`;
  const puts = [0, 1, 2, 3].map((marks) => put(text(marks), text(marks)));
  expect(puts.map((command) => commandCodec.decode(commandCodec.encode(command)))).toEqual(puts);
  const restored = new KeyValueMachine();
  restored.restore(after(...puts).snapshot());
  for (const marks of [0, 1, 2, 3]) expect(get(restored, text(marks))?.value).toBe(text(marks));
  expect(restored.size).toBe(4);
});

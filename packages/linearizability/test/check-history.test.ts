// What the checker promises beside the verdict: proofs, budgets, turns of the partitions, and what it says about a failure.
import {
  AssertionError,
  checkHistory,
  illegal,
  keyValueModel,
  prefixLimit,
  registerModel,
  type HistoryEvent,
  type Model,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from '@raftlab/linearizability';
import { registerObject, syntheticHistory } from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';

type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

const register = registerModel(0);

function write(id: number, value: number, callAt: number, returnAt?: number): RegisterOperation {
  return { id, input: { kind: 'write', value }, callAt, output: {}, returnAt };
}

function read(id: number, value: number, [callAt, returnAt]: readonly [number, number]): RegisterOperation {
  return { id, input: { kind: 'read' }, callAt, output: { value }, returnAt };
}

const verdictOf = (operations: readonly RegisterOperation[]): string =>
  checkHistory(register, operations).verdict;

describe('the times of calls and returns', () => {
  test.each([
    ['a read after a write sees it', [write(1, 1, 0, 1), read(2, 1, [2, 3])], 'ok'],
    ['a read after a write does not miss it', [write(1, 1, 0, 1), read(2, 0, [2, 3])], 'illegal'],
    ['a read during a write may miss it', [write(1, 1, 0, 5), read(2, 0, [2, 3])], 'ok'],
    ['at equal times a call comes before a return', [write(1, 1, 0, 2), read(2, 0, [2, 3])], 'ok'],
    [
      'two reads during a write may not see it come and go',
      [write(1, 1, 0, 9), read(2, 1, [1, 2]), read(3, 0, [3, 4])],
      'illegal',
    ],
    ['a write that never returned may have taken effect', [write(1, 1, 0), read(2, 1, [2, 3])], 'ok'],
    ['a write that never returned may not have taken effect', [write(1, 1, 0), read(2, 0, [2, 3])], 'ok'],
    [
      'a write that never returned may take effect late',
      [write(1, 1, 0), read(2, 0, [2, 3]), read(3, 1, [4, 5])],
      'ok',
    ],
    [
      'a write that never returned takes effect once',
      [write(1, 1, 0), write(2, 2, 3, 4), read(3, 1, [1, 2]), read(4, 2, [5, 6]), read(5, 1, [7, 8])],
      'illegal',
    ],
    [
      'a write that never returned does not take effect before its call',
      [read(1, 1, [0, 1]), write(2, 1, 2)],
      'illegal',
    ],
  ])('%s', (_title, operations, verdict) => {
    expect(verdictOf(operations)).toBe(verdict);
  });

  test('a history without operations is linearizable', () => {
    expect(checkHistory(register, [])).toEqual({ verdict: 'ok', linearizations: [], steps: 0 });
  });

  test('of two events at the same time, the array says which came first', () => {
    const events: Array<HistoryEvent<RegisterInput, RegisterOutput>> = [
      { kind: 'call', id: 'w', input: { kind: 'write', value: 1 }, at: 7 },
      { kind: 'return', id: 'w', output: {}, at: 7 },
      { kind: 'call', id: 'r', input: { kind: 'read' }, at: 7 },
      { kind: 'return', id: 'r', output: { value: 0 }, at: 7 },
    ];
    expect(checkHistory(register, events).verdict).toBe('illegal');
  });

  test('an output that is not known is no reason against a history', () => {
    const unknown: RegisterOperation = { id: 2, input: { kind: 'read' }, callAt: 2, returnAt: 3 };
    expect(verdictOf([write(1, 1, 0, 1), unknown])).toBe('ok');
  });
});

describe('ok', () => {
  test('comes with a linearization of each partition, by their first calls', () => {
    const at = (key: string, id: number, callAt: number): RegisterOperation => {
      return { id, input: { kind: 'write', key, value: id }, callAt, output: {}, returnAt: callAt + 1 };
    };
    const result = checkHistory(register, [at('y', 3, 9), at('y', 1, 0), at('x', 2, 4)]);
    expect(
      result.verdict === 'ok' &&
        result.linearizations.map(({ partition, operations }) => {
          return [partition, operations.map(({ id }) => id)];
        }),
    ).toEqual([
      ['y', [1, 3]],
      ['x', [2]],
    ]);
  });

  test('has the operations that never returned only where they took effect', () => {
    const result = checkHistory(register, [write(1, 1, 0), write(2, 2, 0, 1), read(3, 2, [3, 4])]);
    const [linearization] = result.verdict === 'ok' ? result.linearizations : [];
    expect(linearization?.operations.map(({ id }) => id)).toEqual([2, 3]);
  });

  test('is not believed of a model that decides with a wrong order', () => {
    const operations = [write(1, 1, 0, 1), read(2, 1, [2, 3])];
    const wrong: typeof register = {
      ...register,
      decide: (intervals) => ({ verdict: 'ok', order: intervals.toReversed() }),
    };
    expect(() => checkHistory(wrong, operations)).toThrow(AssertionError);
  });

  test('is not overruled by a model that finds a reason against it', () => {
    const wrong: typeof register = { ...register, decide: () => ({ verdict: 'illegal', reason: 'none' }) };
    expect(() => checkHistory(wrong, [write(1, 1, 0, 1)])).toThrow(/has a linearization: none/);
  });
});

describe('a budget', () => {
  const hard = hardHistory('hard');

  test('of steps that is spent gives unknown, after exactly that many steps', () => {
    const result = checkHistory(slowModel, hard, { maxSteps: 5000 });
    expect(result).toMatchObject({ verdict: 'unknown', spent: 'steps', steps: 5000, partition: 'hard' });
  });

  test('of time that is spent gives unknown, by the clock that was given', () => {
    let now = 100;
    const timeLimit = {
      maxMs: 3,
      now: () => {
        now += 1;
        return now;
      },
    };
    const result = checkHistory(slowModel, hard, { timeLimit });
    expect(result).toMatchObject({ verdict: 'unknown', spent: 'time', steps: 3000 });
  });

  test('that suffices changes nothing', () => {
    const operations = [write(1, 1, 0, 1), read(2, 1, [2, 3])];
    const generous = checkHistory(register, operations, { timeLimit: { maxMs: 1, now: () => 0 } });
    expect(generous).toEqual(checkHistory(register, operations));
    expect(generous.steps).toBe(2);
    expect(checkHistory(register, operations, { maxSteps: 2 }).verdict).toBe('ok');
    expect(checkHistory(register, operations, { maxSteps: 1 }).verdict).toBe('unknown');
  });

  test.each([0, -1, 1.5, NaN, Infinity])('of %d steps is a RangeError', (maxSteps) => {
    expect(() => checkHistory(register, [], { maxSteps })).toThrow(RangeError);
  });

  test.each([0, NaN])('of %d ms is a RangeError', (maxMs) => {
    expect(() => checkHistory(register, [], { timeLimit: { maxMs, now: () => 0 } })).toThrow(RangeError);
  });
});

describe('partitions', () => {
  test('take turns: an illegal one is found while others would take for ever', () => {
    const illegalOne: SlowOperation[] = [
      { id: 'bad', input: { key: 'z', write: undefined }, callAt: 0, output: 'never written', returnAt: 1 },
    ];
    const others = Array.from({ length: 50 }, (_, offset) => hardHistory(`hard ${offset}`)).flat();
    const result = checkHistory(slowModel, [...others, ...illegalOne]);
    expect(result).toMatchObject({ verdict: 'illegal', partition: 'z' });
    expect(result.steps).toBeLessThanOrEqual(50 * 1000 + 1);
  });

  test('that are not decided are counted', () => {
    const two = [...hardHistory('a'), ...hardHistory('b')];
    const done: SlowOperation = { id: 'w', input: { key: 'c', write: '1' }, callAt: 0, returnAt: 1 };
    const result = checkHistory(slowModel, [...two, done], { maxSteps: 9000 });
    expect(result).toMatchObject({ verdict: 'unknown', undecidedCount: 2 });
  });

  test('are independent: one that is illegal makes the whole illegal', () => {
    const model = keyValueModel();
    const get = (id: number, key: string, value: string | null) => {
      return { id, input: { kind: 'get', key }, callAt: id, output: { value }, returnAt: id } as const;
    };
    expect(checkHistory(model, [get(1, 'x', null), get(2, 'y', null)]).verdict).toBe('ok');
    expect(checkHistory(model, [get(1, 'x', null), get(2, 'y', '1')])).toMatchObject({
      verdict: 'illegal',
      partition: 'y',
    });
  });
});

describe('an illegal history', () => {
  test('is shown by its longest prefix, and by the operation that no order has a place for', () => {
    const operations = [write(1, 1, 0, 1), write(2, 2, 2, 3), read(3, 1, [4, 5]), read(4, 2, [6, 7])];
    const result = checkHistory(register, operations);
    expect(result.verdict !== 'ok' && result.prefixes).toEqual([
      {
        operations: operations.slice(0, 2),
        state: 2,
        stuck: operations[2],
        next: [{ operation: operations[2], obstacle: 'illegal' }],
      },
    ]);
  });

  test('has a prefix for each operation that was without a place', () => {
    const operations = [write(1, 1, 0, 9), write(2, 2, 0, 9), read(3, 1, [10, 19]), read(4, 2, [10, 19])];
    const result = checkHistory(register, operations);
    const ids =
      result.verdict === 'ok'
        ? []
        : result.prefixes.map((prefix) => [...idsOf(prefix.operations), prefix.stuck.id]);
    expect(ids).toEqual([
      [1, 2, 3],
      [2, 1, 4],
    ]);
  });

  test('has an empty prefix when nothing can come first', () => {
    const operation = read(1, 5, [0, 1]);
    const result = checkHistory(register, [operation]);
    expect(result).toMatchObject({ prefixes: [{ operations: [], state: 0, stuck: operation }] });
  });

  test('tells what is illegal in the state from what leads to nothing', () => {
    const [first, second] = [write(1, 1, 0, 9), write(2, 2, 0, 9)];
    const result = checkHistory(register, [first, second, read(3, 0, [10, 11])]);
    const [prefix] = result.verdict === 'ok' ? [] : result.prefixes;
    expect(prefix?.next.map(({ operation, obstacle }) => [operation.id, obstacle])).toEqual([
      [2, 'dead-end'],
    ]);
  });

  test('has a bounded number of prefixes', () => {
    const writes = Array.from({ length: 20 }, (_, id) => write(id, id + 1, 0, 9));
    const result = checkHistory(register, [...writes, read(99, 77, [0, 50])], { maxSteps: 20_000 });
    expect(result.verdict !== 'ok' && result.prefixes.length).toBeLessThanOrEqual(prefixLimit);
  });

  test('is the same, to the step, whenever it is checked', () => {
    const random = Random.fromSeed(3);
    const inputOf = (id: number): RegisterInput => {
      return random.chance(1, 2) ? { kind: 'read' } : { kind: 'write', value: id };
    };
    const history = syntheticHistory(registerObject(), {
      clientCount: 6,
      operationCount: 300,
      draws: random,
      inputOf,
    });
    expect(checkHistory(registerModel(), history)).toEqual(checkHistory(registerModel(), history));
  });
});

function idsOf(operations: readonly RegisterOperation[]): ReadonlyArray<number | string> {
  return operations.map(({ id }) => id);
}

interface SlowInput {
  readonly key: string;
  readonly write: string | undefined;
}

type SlowOperation = Operation<SlowInput, string>;

/** A log whose reads the search cannot foresee: every order of writes has to be tried. */
const slowModel: Model<string, SlowInput, string> = {
  init: '',
  step: (state, input, output) => {
    if (input.write !== undefined) return `${state},${input.write}`;
    return output === undefined || output === state ? state : illegal;
  },
  key: (state) => state,
  partition: ({ key }) => key,
};

/** Illegal, but only after 14! orders have been tried. */
function hardHistory(key: string): SlowOperation[] {
  const writes = Array.from({ length: 14 }, (_, offset): SlowOperation => {
    return { id: `${key} ${offset}`, input: { key, write: `${offset}` }, callAt: 0, returnAt: 10 };
  });
  const last: SlowOperation = {
    id: `${key} last`,
    input: { key, write: undefined },
    callAt: 20,
    output: 'x',
    returnAt: 30,
  };
  return [...writes, last];
}

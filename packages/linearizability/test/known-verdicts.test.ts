// Histories whose verdict is known from how they were made: legal ones of a simulated object, and the same with one fault that no
// order explains.
import {
  checkHistory,
  keyValueModel,
  listAppendModel,
  registerModel,
  type KeyValueInput,
  type KeyValueOutput,
  type ListInput,
  type ListOutput,
  type Model,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from '@raftlab/linearizability';
import {
  keyValueObject,
  listObject,
  registerObject,
  syntheticHistory,
  type SequentialObject,
} from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { appendFaults, valueFaults, withOutput, type Fault } from './broken-history.ts';
import { isLegal, precedes } from './oracle.ts';

const seeds = Array.from({ length: 120 }, (_, offset) => offset + 1);

interface World<State, Input, Output extends object> {
  readonly model: Model<State, Input, Output>;
  readonly makeObject: () => SequentialObject<Input, Output>;
  /** No value is written twice. */
  readonly inputOf: (random: Random) => (id: number) => Input;
  /** By name. */
  readonly faults: Readonly<Record<string, Fault<Input, Output>>>;
}

describe('registers', () => {
  checkWorld({
    model: registerModel(),
    makeObject: () => registerObject(),
    inputOf:
      (random) =>
      (id): RegisterInput => {
        return random.chance(1, 2) ? { kind: 'read' } : { kind: 'write', value: `${id}` };
      },
    faults: valueFaults<RegisterInput, RegisterOutput>({
      written: (input) => (input.kind === 'write' ? String(input.value) : undefined),
      reading: (value) => ({ value }),
    }),
  });
});

describe('a key/value store with gets and puts', () => {
  checkWorld({
    model: keyValueModel({ hasVersions: false }),
    makeObject: () => keyValueObject({ hasVersions: false }),
    inputOf:
      (random) =>
      (id): KeyValueInput => {
        return random.chance(1, 2) ? { kind: 'get', key: 'x' } : { kind: 'put', key: 'x', value: `${id}` };
      },
    faults: valueFaults<KeyValueInput, KeyValueOutput>({
      written: (input) => (input.kind === 'put' ? input.value : undefined),
      reading: (value) => ({ value }),
    }),
  });
});

describe('a key/value store with gets and appends', () => {
  const options = { missing: '', hasVersions: false };
  checkWorld({
    model: keyValueModel(options),
    makeObject: () => keyValueObject(options),
    inputOf:
      (random) =>
      (id): KeyValueInput => {
        return random.chance(1, 2)
          ? { kind: 'get', key: 'x' }
          : { kind: 'append', key: 'x', value: `${id};` };
      },
    faults: appendFaults<KeyValueInput, KeyValueOutput>({
      appended: (input) => (input.kind === 'append' ? input.value : undefined),
      partsOf: ({ output }) => output?.value?.split(/(?<=;)/).filter((part) => part !== ''),
      reading: (parts) => ({ value: parts.join('') }),
    }),
  });
});

describe('a key/value store with versions', () => {
  checkWorld({
    model: keyValueModel(),
    makeObject: () => keyValueObject(),
    inputOf:
      (random) =>
      (id): KeyValueInput => {
        if (random.chance(1, 2)) return { kind: 'get', key: 'x' };
        return { kind: 'compareAndSet', key: 'x', value: `${id}`, version: random.int(0, id) % 6 };
      },
    faults: {
      'two compare-and-sets of one version succeed': secondSuccess,
      'a later get has an earlier version': exchangedVersions,
    },
  });
});

describe('lists', () => {
  checkWorld({
    model: listAppendModel,
    makeObject: listObject,
    inputOf:
      (random) =>
      (id): ListInput => {
        return random.chance(1, 2)
          ? { kind: 'read', key: 'x' }
          : { kind: 'append', key: 'x', element: `${id}` };
      },
    faults: appendFaults<ListInput, ListOutput>({
      appended: (input) => (input.kind === 'append' ? String(input.element) : undefined),
      partsOf: ({ output }) => output?.elements?.map(String),
      reading: (elements) => ({ elements }),
    }),
  });
});

/** Versions only grow in this world: nothing is deleted. */
function secondSuccess(
  operations: ReadonlyArray<Operation<KeyValueInput, KeyValueOutput>>,
): ReadonlyArray<Operation<KeyValueInput, KeyValueOutput>> | undefined {
  const succeeded = new Set<number>();
  for (const { input, output } of operations) {
    if (input.kind === 'compareAndSet' && output?.applied === true) succeeded.add(input.version);
  }
  const failed = operations.find(({ input, output }) => {
    return input.kind === 'compareAndSet' && output?.applied === false && succeeded.has(input.version);
  });
  return failed && withOutput(operations, failed, { applied: true });
}

function exchangedVersions(
  operations: ReadonlyArray<Operation<KeyValueInput, KeyValueOutput>>,
): ReadonlyArray<Operation<KeyValueInput, KeyValueOutput>> | undefined {
  const gets = operations.filter(({ input }) => input.kind === 'get');
  for (const first of gets) {
    const second = gets.find((get) => {
      return precedes(first, get) && (get.output?.version ?? 0) > (first.output?.version ?? 0);
    });
    if (second?.output === undefined || first.output === undefined) continue;
    return withOutput(withOutput(operations, first, second.output), second, first.output);
  }
  return undefined;
}

function checkWorld<State, Input, Output extends object>(world: World<State, Input, Output>): void {
  const { model, makeObject, inputOf, faults } = world;
  const make = (seed: number, lostPerMille: number): Array<Operation<Input, Output>> => {
    const random = Random.fromSeed(seed);
    const options = { clientCount: 5, operationCount: 60, draws: random, inputOf: inputOf(random) };
    return syntheticHistory(makeObject(), { ...options, lostPerMille });
  };

  test.each([0, 50])('are legal as they come, when %i of 1,000 operations never return', (lostPerMille) => {
    for (const seed of seeds) {
      const operations = make(seed, lostPerMille);
      const result = checkHistory(model, operations);
      expect(result.verdict, `seed ${seed}`).toBe('ok');
      const [linearization] = result.verdict === 'ok' ? result.linearizations : [];
      expect(isLegal(makeObject(), linearization?.operations ?? []), `seed ${seed}`).toBe(true);
    }
  });

  test.each(Object.entries(faults))('are illegal when %s', (_name, breakIt) => {
    let brokenCount = 0;
    for (const seed of seeds) {
      const operations = breakIt(make(seed, 0));
      if (operations === undefined) continue;
      brokenCount += 1;
      expect(checkHistory(model, operations).verdict, `seed ${seed}`).toBe('illegal');
    }
    expect(brokenCount).toBeGreaterThan(seeds.length / 2);
  });
}

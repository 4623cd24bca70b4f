// Each model against a plain program that executes one operation at a time.
import { illegal, keyValueModel, listAppendModel, registerModel, type Model } from '@raftlab/linearizability';
import {
  keyValueObject,
  listObject,
  registerObject,
  type SequentialObject,
} from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyValueInput, listInput, registerInput, unversionedInput } from '../small-history.ts';

interface World<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  readonly makeObject: () => SequentialObject<Input, Output>;
  readonly inputOf: (random: Random) => Input;
}

const labOptions = { missing: '', hasVersions: false };

describe('registers', () => {
  checkWorld({ model: registerModel(0), makeObject: () => registerObject(0), inputOf: registerInput });
});

describe('a key/value store with versions', () => {
  checkWorld({ model: keyValueModel(), makeObject: () => keyValueObject(), inputOf: keyValueInput });
});

describe("a key/value store as the lab's", () => {
  const [model, makeObject] = [keyValueModel(labOptions), () => keyValueObject(labOptions)];
  checkWorld({ model, makeObject, inputOf: unversionedInput });
});

describe('lists', () => {
  checkWorld({ model: listAppendModel, makeObject: listObject, inputOf: listInput });
});

function checkWorld<State, Input extends { readonly key?: string | undefined }, Output extends object>(
  world: World<State, Input, Output>,
): void {
  const { model, makeObject, inputOf } = world;
  const onX = (random: Random): Input => ({ ...inputOf(random), key: 'x' });

  test('accept the outputs of the object and no others', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = Random.fromSeed(seed);
        const [object, other] = [makeObject(), makeObject()];
        let state = model.init;
        for (let count = 0; count < 12; count += 1) {
          const input = onX(random);
          const output = object.execute(input);
          const wrong = other.execute(input);
          if (JSON.stringify(wrong) !== JSON.stringify(output)) {
            expect(model.step(state, input, wrong)).toBe(illegal);
          }
          const known = model.step(state, input, output);
          const unknown = model.step(state, input, undefined);
          if (known === illegal || unknown === illegal) throw new Error('a right output is illegal');
          expect(areSame(model, known, unknown)).toBe(true);
          if (model.isReadOnly?.(input, output) === true) expect(areSame(model, known, state)).toBe(true);
          state = known;
          if (random.chance(1, 2)) other.execute(onX(random));
        }
      }),
    );
  });

  test('rule out the future of a read only when there is none', () => {
    let ruledOut = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = Random.fromSeed(seed);
        const object = makeObject();
        let state = model.init;
        for (let count = random.int(0, 3); count > 0; count -= 1) state = after(model, state, onX(random));
        for (let count = random.int(0, 4); count > 0; count -= 1) object.execute(onX(random));
        const read = readOf(object, () => onX(random), model);
        if (read === undefined) return;
        const others = Array.from({ length: random.int(0, 3) }, () => onX(random));
        if (model.canBecomeLegal?.(state, read, () => others) !== false) return;
        ruledOut += 1;
        expect(canFollow(model, { state, others }, read)).toBe(false);
      }),
      { numRuns: 2000 },
    );
    expect(ruledOut).toBeGreaterThan(100);
  });
}

function areSame<State, Input, Output>(
  model: Model<State, Input, Output>,
  one: State,
  other: State,
): boolean {
  if ('key' in model) return model.key(one) === model.key(other);
  return model.equal(one, other) && model.hash?.(one) === model.hash?.(other);
}

function after<State, Input, Output>(model: Model<State, Input, Output>, state: State, input: Input): State {
  const next = model.step(state, input, undefined);
  if (next === illegal) throw new Error('an unknown output is illegal');
  return next;
}

/** The first of some drawn operations that is a read, with what the object returns. */
function readOf<State, Input, Output>(
  object: SequentialObject<Input, Output>,
  draw: () => Input,
  model: Model<State, Input, Output>,
): { input: Input; output: Output } | undefined {
  for (let count = 0; count < 8; count += 1) {
    const input = draw();
    const output = object.execute(input);
    if (model.isReadOnly?.(input, output) === true) return { input, output };
  }
  return undefined;
}

/** Tries every order of every choice of the others. */
function canFollow<State, Input, Output>(
  model: Model<State, Input, Output>,
  { state, others }: { state: State; others: readonly Input[] },
  read: { input: Input; output: Output },
): boolean {
  if (model.step(state, read.input, read.output) !== illegal) return true;
  return others.some((other, offset) => {
    const rest = others.filter((_other, place) => place !== offset);
    return canFollow(model, { state: after(model, state, other), others: rest }, read);
  });
}

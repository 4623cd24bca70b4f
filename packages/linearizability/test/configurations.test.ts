// What counts as known: the same completed operations and the same state, with the same pending operations or fewer.
import { choicesOf, type Choice } from '#src/choice';
import { Configurations } from '#src/configurations';
import { intervalsOf } from '#src/interval';
import { LinearizedSet } from '#src/linearized-set';
import type { StateIdentity } from '#src/model';
import {
  registerModel,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from '@raftlab/linearizability';
import { expect, test } from 'vitest';

type RegisterChoice = Choice<RegisterInput, RegisterOutput>;

const byKey: StateIdentity<string> = { key: (state) => state };
/** As bad as a hash can be. */
const byEquality: StateIdentity<string> = { equal: (one, other) => one === other, hash: () => 0 };

/** Two writes that returned, then two that did not. */
function makeWorld(identity: StateIdentity<string>): {
  readonly choices: readonly [RegisterChoice, RegisterChoice, RegisterChoice, RegisterChoice];
  readonly add: (set: readonly RegisterChoice[], state: string) => boolean;
} {
  const write = (id: number, returnAt?: number): Operation<RegisterInput, RegisterOutput> => {
    return { id, input: { kind: 'write', value: id }, callAt: 0, returnAt };
  };
  const choices = choicesOf(registerModel(), intervalsOf([write(1, 9), write(2, 9), write(3), write(4)]));
  const [first, second] = choices.completed;
  const [third, fourth] = choices.pending;
  if (!first || !second || !third || !fourth) throw new Error('there are four choices');
  const configurations = new Configurations<string, RegisterInput, RegisterOutput>(identity, choices);
  return {
    choices: [first, second, third, fourth],
    add(members, state) {
      const set = new LinearizedSet<RegisterInput, RegisterOutput>(choices.words);
      for (const member of members) set.add(member);
      return configurations.add(set, { parent: undefined, choice: undefined, state }) !== undefined;
    },
  };
}

test.each([
  ['keys', byKey],
  ['equality and a useless hash', byEquality],
])('with %s, a configuration is new once', (_title, identity) => {
  const { choices, add } = makeWorld(identity);
  const [first, second] = choices;
  expect(add([first], 'a')).toBe(true);
  expect(add([first], 'a')).toBe(false);
  expect(add([first], 'b')).toBe(true);
  expect(add([second], 'a')).toBe(true);
  expect(add([first, second], 'a')).toBe(true);
  expect(add([second, first], 'a')).toBe(false);
});

test('a configuration that has used up more pending operations is not new', () => {
  const { choices, add } = makeWorld(byKey);
  const [first, , third, fourth] = choices;
  expect(add([first, third], 'a')).toBe(true);
  expect(add([first, third, fourth], 'a')).toBe(false);
  expect(add([first, fourth], 'a')).toBe(true);
  expect(add([first], 'a')).toBe(true);
  expect(add([first, third], 'a')).toBe(false);
  expect(add([first, third], 'b')).toBe(true);
});

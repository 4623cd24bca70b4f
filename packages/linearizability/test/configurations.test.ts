// What counts as known: the same completed operations and the same state, with the same pending operations or fewer. Hashes are made
// to collide here, because a collision may not change a verdict.
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
const byEquality: StateIdentity<string> = { equal: (one, other) => one === other, hash: () => 0 };

/** Two writes one after the other, two beside them, and two that never returned. */
const names = ['first', 'second', 'beside', 'besideToo', 'lost', 'lostToo'] as const;
type Name = (typeof names)[number];

/** Adds a configuration by the names of its operations. All sets have one hash. */
function makeConfigurations(
  identity: StateIdentity<string>,
): (set: readonly Name[], state: string) => boolean {
  const write = (id: Name, callAt: number, returnAt?: number): Operation<RegisterInput, RegisterOutput> => {
    return { id, input: { kind: 'write', value: id }, callAt, returnAt };
  };
  const history = [
    write('first', 0, 1),
    write('second', 2, 9),
    write('beside', 0, 9),
    write('besideToo', 0, 9),
    write('lost', 0),
    write('lostToo', 0),
  ];
  const choices = choicesOf(registerModel(), intervalsOf(history));
  const configurations = new Configurations<string, RegisterInput, RegisterOutput>(identity, choices);
  const byName = new Map<unknown, RegisterChoice>();
  for (const choice of [...choices.completed, ...choices.pending])
    byName.set(choice.interval.operation.id, { ...choice, hash: 0 });
  return (members, state) => {
    const set = new LinearizedSet<RegisterInput, RegisterOutput>(choices.words);
    for (const name of members) {
      const choice = byName.get(name);
      if (choice !== undefined) set.add(choice);
    }
    return configurations.add(set, { parent: undefined, choice: undefined, state }) !== undefined;
  };
}

test.each([
  ['keys', byKey],
  ['equality', byEquality],
])('with %s, a configuration is new once', (_title, identity) => {
  const add = makeConfigurations(identity);
  expect(add([], 'a')).toBe(true);
  expect(add(['first'], 'a')).toBe(true);
  expect(add(['first'], 'a')).toBe(false);
  expect(add(['first'], 'b')).toBe(true);
  expect(add(['beside'], 'a')).toBe(true);
  expect(add(['first', 'beside'], 'a')).toBe(true);
  expect(add(['beside', 'first'], 'a')).toBe(false);
});

test('sets with the same parities and different numbers of operations are different', () => {
  const add = makeConfigurations(byKey);
  expect(add([], 'a')).toBe(true);
  expect(add(['first', 'second'], 'a')).toBe(true);
});

test('sets with the same number of operations, and parities of which one includes the other, are different', () => {
  const add = makeConfigurations(byKey);
  expect(add(['first', 'second'], 'a')).toBe(true);
  expect(add(['beside', 'besideToo'], 'a')).toBe(true);
});

test('a configuration that has used up more pending operations is not new', () => {
  const add = makeConfigurations(byKey);
  expect(add(['first', 'lost'], 'a')).toBe(true);
  expect(add(['first', 'lost', 'lostToo'], 'a')).toBe(false);
  expect(add(['first', 'lostToo'], 'a')).toBe(true);
  expect(add(['first'], 'a')).toBe(true);
  expect(add(['first', 'lost'], 'a')).toBe(false);
  expect(add(['first', 'lost'], 'b')).toBe(true);
});

test('states are told apart where their keys fall into one bucket', () => {
  const add = makeConfigurations(byKey);
  const states = Array.from({ length: 20_000 }, (_, number) => `state ${number}`);
  expect(states.filter((state) => !add(['first'], state))).toEqual([]);
});

// The linear-time check of lists: it decides as the definition does, and says what is wrong.
import { intervalsOf } from '#src/interval';
import { decideByListOrder } from '#src/models/list-order';
import {
  checkHistory,
  listAppendModel,
  type ListElement,
  type ListInput,
  type ListOutput,
  type Operation,
} from '@raftlab/linearizability';
import { listObject } from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import { expect, test } from 'vitest';
import { hasLinearization } from '../oracle.ts';
import { smallHistory } from '../small-history.ts';

type ListOperation = Operation<ListInput, ListOutput>;

function append(
  id: number,
  element: ListElement,
  [callAt, returnAt]: readonly [number, number?],
): ListOperation {
  return { id, input: { kind: 'append', key: 'l', element }, callAt, output: {}, returnAt };
}

function read(
  id: number,
  elements: readonly ListElement[] | undefined,
  [callAt, returnAt]: readonly [number, number?],
): ListOperation {
  return { id, input: { kind: 'read', key: 'l' }, callAt, output: { elements }, returnAt };
}

test('what it decides is what the definition says', () => {
  let [legal, decided] = [0, 0];
  for (let seed = 1; seed <= 2000; seed += 1) {
    let next = 0;
    const inputOf = (random: Random): ListInput => {
      next += 1;
      return random.chance(1, 2) ? { kind: 'read', key: 'l' } : { kind: 'append', key: 'l', element: next };
    };
    const operations = smallHistory(Random.fromSeed(seed), { makeObject: listObject, inputOf });
    const decision = decideByListOrder(intervalsOf(operations));
    if (decision === undefined) continue;
    decided += 1;
    const isLegal = hasLinearization(listObject, operations);
    expect(decision.verdict, `seed ${seed}`).toBe(isLegal ? 'ok' : 'illegal');
    if (isLegal) legal += 1;
  }
  expect(decided).toBeGreaterThan(1000);
  expect(legal).toBeGreaterThan(300);
});

test.each<[string, readonly ListOperation[], string]>([
  [
    'an element from nowhere',
    [append(1, 'a', [0, 1]), read(2, ['a', 'b'], [2, 3])],
    'operation 2, read(l) → ["a","b"] has the element "b", which was not appended',
  ],
  [
    'an element twice',
    [append(1, 'a', [0, 1]), read(2, ['a', 'a'], [2, 3])],
    'operation 2, read(l) → ["a","a"] has the element "a" twice, but it was appended once',
  ],
  [
    'two orders',
    [append(1, 1, [0, 9]), append(2, 2, [0, 9]), read(3, [1, 2], [10, 11]), read(4, [2], [0, 9])],
    'operation 4, read(l) → [2] and operation 3, read(l) → [1,2] have the elements in different orders',
  ],
  [
    'a read that misses an append before it',
    [append(1, 1, [0, 1]), read(2, [], [2, 3])],
    'operation 1, append(l, 1) returned before operation 2, read(l) → [] was called, but the reads have it after that',
  ],
  [
    'a read that has an append after it',
    [read(2, [1], [0, 1]), append(1, 1, [2, 3])],
    'operation 2, read(l) → [1] returned before operation 1, append(l, 1) was called, but the reads have it after that',
  ],
])('%s is illegal, and is named', (_title, operations, reason) => {
  expect(decideByListOrder(intervalsOf(operations))).toEqual({ verdict: 'illegal', reason });
  expect(checkHistory(listAppendModel, operations)).toMatchObject({ verdict: 'illegal', reason });
});

test.each<[string, readonly ListOperation[]]>([
  ['an element is appended twice', [append(1, 1, [0, 1]), append(2, 1, [0, 1])]],
  ['it is not known what a read returned', [read(1, undefined, [0, 1])]],
])('nothing is decided when %s', (_title, operations) => {
  expect(decideByListOrder(intervalsOf(operations))).toBeUndefined();
});

test('a read that never returned says nothing, and an append that never returned counts where it is seen', () => {
  const operations = [append(1, 1, [0]), append(2, 2, [0]), read(3, undefined, [0]), read(4, [2], [5, 6])];
  const decision = decideByListOrder(intervalsOf(operations));
  expect(decision?.verdict === 'ok' && decision.order.map(({ operation }) => operation.id)).toEqual([2, 4]);
});

// What holds for all histories.
import {
  checkHistory,
  keyValueModel,
  type HistoryEvent,
  type KeyValueInput,
  type KeyValueOutput,
  type Operation,
} from '@raftlab/linearizability';
import { keyValueObject } from '@raftlab/linearizability/synthetic';
import { Random } from '@raftlab/runtime';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyValueInput, smallHistory } from './small-history.ts';

type KeyValueOperation = Operation<KeyValueInput, KeyValueOutput>;

const model = keyValueModel();
const verdictOf = (operations: readonly KeyValueOperation[]): string =>
  checkHistory(model, operations).verdict;

/** Legal and illegal ones. */
const arbitraryHistory = fc.integer().map((seed) => {
  return smallHistory(Random.fromSeed(seed), { makeObject: () => keyValueObject(), inputOf: keyValueInput });
});
const arbitraryLegal = arbitraryHistory.filter((operations) => verdictOf(operations) === 'ok');

test('the order of the array and the ids do not matter', () => {
  fc.assert(
    fc.property(arbitraryHistory, fc.infiniteStream(fc.integer()), (operations, keys) => {
      const shuffled = operations
        .map((operation) => ({ operation, place: keys.next().value }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ operation }) => ({ ...operation, id: `name ${operation.id}` }));
      expect(verdictOf(shuffled)).toBe(verdictOf(operations));
    }),
  );
});

test('a legal history stays legal when operations take longer', () => {
  fc.assert(
    fc.property(arbitraryLegal, fc.infiniteStream(fc.nat(9)), (operations, slack) => {
      const longer = operations.map(({ callAt, returnAt, ...rest }): KeyValueOperation => {
        const early = callAt - slack.next().value;
        return returnAt === undefined
          ? { ...rest, callAt: early }
          : { ...rest, callAt: early, returnAt: returnAt + slack.next().value };
      });
      expect(verdictOf(longer)).toBe('ok');
    }),
  );
});

test('a legal history stays legal without one of its gets, and when a return is not seen', () => {
  fc.assert(
    fc.property(arbitraryLegal, fc.nat(), (operations, draw) => {
      const chosen = operations[draw % operations.length];
      const others = operations.filter((operation) => operation !== chosen);
      if (chosen?.input.kind === 'get') expect(verdictOf(others)).toBe('ok');
      if (chosen === undefined) return;
      const { id, input, callAt } = chosen;
      expect(verdictOf([...others, { id, input, callAt }])).toBe('ok');
    }),
  );
});

test('a history is legal if and only if that of each key is', () => {
  fc.assert(
    fc.property(arbitraryHistory, (operations) => {
      const parts = ['x', 'y'].map((key) => operations.filter(({ input }) => input.key === key));
      const expected = parts.every((part) => verdictOf(part) === 'ok') ? 'ok' : 'illegal';
      expect(verdictOf(operations)).toBe(expected);
    }),
  );
});

test('events in the order of the times have the verdict of the operations', () => {
  fc.assert(
    fc.property(arbitraryHistory, (operations) => {
      expect(checkHistory(model, eventsOf(operations)).verdict).toBe(verdictOf(operations));
    }),
  );
});

function eventsOf(
  operations: readonly KeyValueOperation[],
): Array<HistoryEvent<KeyValueInput, KeyValueOutput>> {
  const events = operations.flatMap(
    (operation): Array<HistoryEvent<KeyValueInput, KeyValueOutput> & { at: number }> => {
      const { id, input, output, callAt, returnAt } = operation;
      const call = { kind: 'call', id, input, at: callAt } as const;
      return returnAt === undefined ? [call] : [call, { kind: 'return', id, output, at: returnAt }];
    },
  );
  return events.toSorted((a, b) => a.at - b.at || (a.kind === b.kind ? 0 : a.kind === 'call' ? -1 : 1));
}

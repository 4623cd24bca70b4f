// Operations of clients as bars in rows.
import type { TraceEvent } from '@raftlab/trace/form';
import { expect, test } from 'vitest';
import { OperationBuilder, operationsWithin, type ClientOperations } from '../../src/model/operations.ts';

function operationsOf(...events: readonly TraceEvent[]): ClientOperations {
  const builder = new OperationBuilder();
  for (const event of events) builder.add(event);
  return builder.finish(100);
}

const call = (id: number, client: number, at: number): TraceEvent => ({
  kind: 'call',
  id,
  client,
  at,
  text: 'get x',
});
const end = (id: number, at: number): TraceEvent => ({ kind: 'return', id, at, text: '"1"' });

test('an operation lasts from its call to its return; one without a return to the end of the run', () => {
  const { list } = operationsOf(call(0, 3, 10), end(0, 20), call(1, 3, 30));
  expect(list.map(({ from, to, hasReturned, text }) => [from, to, hasReturned, text])).toEqual([
    [10, 20, true, 'client 3: get x → "1"'],
    [30, 100, false, 'client 3: get x'],
  ]);
});

test('clients that overlap in time have rows of their own, others share one', () => {
  const { list, rows } = operationsOf(
    call(0, 0, 0),
    call(1, 1, 5),
    end(0, 10),
    end(1, 20),
    call(2, 2, 15),
    end(2, 30),
  );
  expect(list.map(({ row }) => row)).toEqual([0, 1, 0]);
  expect(rows).toBe(2);
});

test('operations without a place are marked; ends of operations that were called before the record are dropped', () => {
  const { list } = operationsOf(end(7, 1), call(8, 0, 2), end(8, 3), call(9, 0, 4), {
    kind: 'unplaced',
    at: 5,
    ids: [7, 9],
  });
  expect(list.map(({ isUnplaced }) => isUnplaced)).toEqual([false, true]);
});

test('the operations in view are those that reach into it', () => {
  const operations = operationsOf(
    call(0, 0, 0),
    end(0, 10),
    call(1, 0, 20),
    end(1, 30),
    call(2, 0, 40),
    end(2, 50),
  );
  const seen = (from: number, to: number): number[] =>
    operationsWithin(operations, from, to).map((each) => each.from);
  expect(seen(5, 20)).toEqual([0, 20]);
  expect(seen(31, 39)).toEqual([]);
  expect(seen(0, 100)).toEqual([0, 20, 40]);
});

test('a run without clients has no rows', () => {
  expect(operationsOf({ kind: 'step', at: 1, text: 'a' })).toEqual({ list: [], rows: 0 });
});

// The map of the store: its order, and views that do not change.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderedMap, type OrderedView } from '#src/ordered-map';

interface Value {
  readonly number: number;
}

/** Few keys, so that they are set again and deleted; many, so that nodes are split. */
const keys = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map(String),
  fc.integer({ min: 0, max: 2000 }).map((number) => `k${number}`),
);
const changes = fc.array(fc.tuple(keys, fc.constantFrom('set', 'set', 'set', 'delete')), {
  maxLength: 600,
  size: 'max',
});

function apply(
  map: OrderedMap<Value>,
  model: Map<string, Value>,
  list: readonly (readonly [string, string])[],
) {
  for (const [number, [key, change]] of list.entries()) {
    if (change === 'delete') expect(map.delete(key)).toBe(model.delete(key));
    else {
      const value = { number };
      map.set(key, value);
      model.set(key, value);
    }
  }
}

/** What the model has, in the order of the keys. */
function sorted(model: ReadonlyMap<string, Value>): [string, Value][] {
  return [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function entriesOf(view: OrderedView<Value>): [string, Value | undefined][] {
  return [...view.runs()].flatMap(({ keys: names, values }) =>
    names.map((key, at): [string, Value | undefined] => [key, values[at]]),
  );
}

test('it has what a map has, in order, from any key on', () => {
  fc.assert(
    fc.property(changes, keys, (list, from) => {
      const [map, model] = [new OrderedMap<Value>(), new Map<string, Value>()];
      apply(map, model, list);
      expect(map.size).toBe(model.size);
      for (const [key, value] of model) expect(map.get(key)).toBe(value);
      expect([...map.entriesFrom(from)]).toEqual(sorted(model).filter(([key]) => key >= from));
    }),
    { numRuns: 50 },
  );
});

test('a view stays as it was, whatever is changed afterwards, and other views are taken', () => {
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 4 }), (lists) => {
      const [map, model] = [new OrderedMap<Value>(), new Map<string, Value>()];
      const views: [OrderedView<Value>, [string, Value][]][] = [];
      for (const list of lists) {
        apply(map, model, list);
        views.push([map.view(), sorted(model)]);
      }
      for (const [view, then] of views) {
        expect(view.size).toBe(then.length);
        expect(entriesOf(view)).toEqual(then);
      }
    }),
    { numRuns: 50 },
  );
});

test('keys that come in order fill their nodes', () => {
  const map = new OrderedMap<Value>();
  for (let number = 0; number < 10_000; number += 1) map.set(String(number).padStart(5, '0'), { number });
  expect([...map.view().runs()].length).toBeLessThan(10_000 / 60);
});

// The map of the store: its order, and views that do not change.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderedMap, type OrderedView, type Versioned } from '#src/ordered-map';

/** Few keys, so that they are set again and deleted; many, so that nodes are split. */
const keys = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map(String),
  fc.integer({ min: 0, max: 2000 }).map((number) => `k${number}`),
);
const kinds = fc.constantFrom('put', 'put', 'set', 'delete');
const single = fc.tuple(keys, kinds).map((one) => [one]);
/** Keys that follow one another, upwards or downwards: they split the first or the last node again and again. */
const sequence = fc
  .tuple(
    fc.integer({ min: 2000, max: 4000 }),
    fc.integer({ min: 50, max: 250 }),
    fc.constantFrom(1, -1, 7, -7),
    kinds,
  )
  .map(([start, count, step, kind]) =>
    Array.from({ length: count }, (_, at): [string, string] => [`k${start + at * step}`, kind]),
  );
const changes = fc
  .oneof(
    fc.array(single, { maxLength: 600, size: 'max' }),
    fc.array(fc.oneof(single, sequence), { maxLength: 12 }),
  )
  .map((lists) => lists.flat());

function apply(map: OrderedMap, model: Map<string, Versioned>, list: readonly (readonly [string, string])[]) {
  for (const [number, [key, change]] of list.entries()) {
    if (change === 'delete') expect(map.delete(key)).toBe(model.delete(key));
    else {
      const version = change === 'put' ? (model.get(key)?.version ?? 0) + 1 : number + 1;
      const versioned = { value: `v${number}`, version };
      if (change === 'put') expect(map.put(key, versioned.value)).toBe(version);
      else map.set(key, versioned);
      model.set(key, versioned);
    }
  }
}

/** What the model has, in the order of the keys. */
function sorted(model: ReadonlyMap<string, Versioned>): [string, Versioned][] {
  return [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function entriesOf(view: OrderedView): [string, unknown][] {
  return [...view.runs()].flatMap(({ keys: names, values, versions }) =>
    names.map((key, at): [string, unknown] => [key, { value: values[at], version: versions[at] }]),
  );
}

test('it has what a map has, in order, from any key on', () => {
  fc.assert(
    fc.property(changes, keys, (list, from) => {
      const [map, model] = [new OrderedMap(), new Map<string, Versioned>()];
      apply(map, model, list);
      expect(map.size).toBe(model.size);
      for (const [key, value] of model) expect(map.get(key)).toEqual(value);
      expect([...map.entriesFrom(from)]).toEqual(sorted(model).filter(([key]) => key >= from));
    }),
    { numRuns: 50 },
  );
});

test('every key is found while keys are added in descending order', () => {
  const map = new OrderedMap();
  const added: string[] = [];
  for (let number = 1000; number > 0; number -= 1) {
    // The first leaf of the branch is split again and again, each time at a key before the one with which the branch began.
    const key = String(number).padStart(4, '0');
    map.put(key, key);
    added.push(key);
    expect(added.filter((name) => map.get(name)?.value !== name)).toEqual([]);
  }
  expect(entriesOf(map.view()).map(([key]) => key)).toEqual(added.toReversed());
});

test('a view stays as it was, whatever is changed afterwards, and other views are taken', () => {
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 4 }), (lists) => {
      const [map, model] = [new OrderedMap(), new Map<string, Versioned>()];
      const views: [OrderedView, [string, Versioned][]][] = [];
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
  const map = new OrderedMap();
  for (let number = 0; number < 10_000; number += 1) map.put(String(number).padStart(5, '0'), '');
  expect([...map.view().runs()].length).toBeLessThan(10_000 / 60);
});

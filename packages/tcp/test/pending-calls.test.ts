// The table of calls without an outcome, compared with a Map.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { callNumberMax, PendingCalls, type NumberedCall } from '#src/pending-calls';

interface Named extends NumberedCall {
  readonly name: string;
}

/** Adds a call of this name, and returns its number. */
function addTo(calls: PendingCalls<Named>, name: string): number {
  const call = { number: 0, name };
  calls.add(call);
  return call.number;
}

test('it has the calls that a Map would have, in the order in which they were added', () => {
  const add = fc.constant('add' as const);
  // Which of the pending calls has an outcome, oldest first; some stay pending while the numbers go round the table many times.
  const take = fc.nat(400);
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: add }, { weight: 2, arbitrary: take }), { maxLength: 800 }),
      fc.constantFrom(0, callNumberMax - 100, callNumberMax),
      (steps, lastNumber) => {
        const calls = new PendingCalls<Named>(lastNumber);
        const model = new Map<number, Named>();
        for (const [at, step] of steps.entries()) {
          if (step === 'add') {
            const call = { number: 0, name: `call ${at}` };
            calls.add(call);
            expect(model.has(call.number)).toBe(false);
            model.set(call.number, call);
          } else {
            const number = [...model.keys()][step % Math.max(model.size, 1)] ?? 7;
            expect(calls.take(number)).toBe(model.get(number));
            model.delete(number);
          }
        }
        expect([calls.size, calls.numbers()]).toEqual([model.size, [...model.keys()]]);
        for (const [number, call] of model) expect(calls.get(number)).toBe(call);
      },
    ),
    { numRuns: 50 },
  );
});

test('a number of which no call is pending finds none, also where another call has its place', () => {
  const calls = new PendingCalls<Named>();
  const number = addTo(calls, 'only');
  for (const other of [0, number + 1, number + 64, callNumberMax]) {
    expect([calls.get(other), calls.take(other)]).toEqual([undefined, undefined]);
  }
  expect(calls.take(number)).toEqual({ number, name: 'only' });
  expect(calls.take(number)).toBeUndefined();
});

test('numbers are between 1 and the largest that fits into four bytes', () => {
  const calls = new PendingCalls<Named>(callNumberMax - 1);
  expect([addTo(calls, 'last'), addTo(calls, 'first')]).toEqual([callNumberMax, 1]);
});

// Records that contradict themselves are an error that names the place, not a verdict.
import {
  checkHistory,
  MalformedHistoryError,
  registerModel,
  type HistoryEvent,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from '@raftlab/linearizability';
import { expect, test } from 'vitest';

type Event = HistoryEvent<RegisterInput, RegisterOutput>;

const input: RegisterInput = { kind: 'read' };
const call = (id: number, at?: number): Event => ({ kind: 'call', id, input, at });
const returned = (id: number, at?: number): Event => ({ kind: 'return', id, output: {}, at });
const operation = (
  id: number,
  callAt: number,
  returnAt?: number,
): Operation<RegisterInput, RegisterOutput> => {
  return { id, input, callAt, returnAt };
};

test.each([
  ['a call with the id of another', [call(1), call(2), call(1)], 'duplicate-id', 1, 2],
  ['a second return', [call(1), returned(1), returned(1)], 'duplicate-return', 1, 2],
  ['a return without a call', [call(1), returned(2)], 'return-without-call', 2, 1],
  ['a return before its call', [returned(1), call(1)], 'return-before-call', 1, 0],
  ['a time that goes back', [call(1, 5), call(2, 4)], 'bad-time', 2, 1],
  ['a time that is not a number', [call(1, NaN)], 'bad-time', 1, 0],
] as const)('%s is found among events', (_title, events, reason, id, place) => {
  expect(errorOf(() => checkHistory(registerModel(), events))).toMatchObject({ reason, id, place });
});

test.each([
  ['an id of another', [operation(1, 0, 1), operation(1, 2, 3)], 'duplicate-id', 1, 1],
  ['a return before the call', [operation(1, 0, 1), operation(2, 5, 4)], 'return-before-call', 2, 1],
  ['a call at no time', [operation(1, NaN)], 'bad-time', 1, 0],
  ['a return at no time', [operation(1, 0, Infinity)], 'bad-time', 1, 0],
] as const)('%s is found among operations', (_title, operations, reason, id, place) => {
  expect(errorOf(() => checkHistory(registerModel(), operations))).toMatchObject({ reason, id, place });
});

test('the message says what is wrong, where, and what to do', () => {
  const { message } = errorOf(() => checkHistory(registerModel(), [operation(7, 5, 4)]));
  expect(message).toBe(
    'Operation 7 returns at 4, before its call at 5, at history[0]. ' +
      'Record call and return in the order in which they happen, on one clock.',
  );
});

test('ids of different types are different', () => {
  const events: Event[] = [call(1), { kind: 'call', id: '1', input }, returned(1)];
  expect(checkHistory(registerModel(), events).verdict).toBe('ok');
});

test('events without times may come between events with times', () => {
  expect(checkHistory(registerModel(), [call(1, 5), call(2), returned(2), returned(1, 5)]).verdict).toBe(
    'ok',
  );
});

function errorOf(action: () => unknown): MalformedHistoryError {
  try {
    action();
  } catch (error) {
    if (error instanceof MalformedHistoryError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}

// Lists that are only appended to and read whole: the workload of which a checker learns most for the least work, because
// every read shows the order of all appends before it.
import { textOf } from '../call-text.ts';
import { illegal, type Model } from '../model.ts';
import { scramble } from '../scramble.ts';
import {
  describeListOperation,
  type ListElement,
  type ListInput,
  type ListOutput,
} from './list-operation.ts';
import { decideByListOrder } from './list-order.ts';

/** A list, from its end: lists that differ by an append share the rest. `undefined` is the empty list. */
export type ListState = ListCell | undefined;

/** The last element of a list, and the list before it. */
export interface ListCell {
  readonly before: ListState;
  readonly element: ListElement;
  readonly length: number;
  readonly hash: number;
}

/**
 * Lists that begin empty, divided by key. When the elements of a list are appended once each, its history is decided in linear
 * time (`list-order.ts`); otherwise by a search.
 */
export const listAppendModel: Model<ListState, ListInput, ListOutput> = {
  init: undefined,
  step(state, input, output) {
    if (input.kind === 'append') return append(state, input.element);
    return output?.elements === undefined || hasElements(state, output.elements) ? state : illegal;
  },
  equal: areEqual,
  hash: (state) => state?.hash ?? 0,
  partition: ({ key }) => key,
  isReadOnly: ({ kind }) => kind === 'read',
  canBecomeLegal(state, { output }, others) {
    const elements = output?.elements;
    const length = state?.length ?? 0;
    if (elements === undefined) return true;
    if (state !== undefined && state.element !== elements[length - 1]) return false;
    const next = elements[length];
    return next === undefined || others().some((other) => 'element' in other && other.element === next);
  },
  decide: decideByListOrder,
  describe: describeListOperation,
  describeState: (state) => textOf(elementsOf(state)),
};

function append(before: ListState, element: ListElement): ListCell {
  const hash = scramble(Math.imul(before?.hash ?? 0, 31) + hashOf(element));
  return { before, element, length: (before?.length ?? 0) + 1, hash };
}

function hashOf(element: ListElement): number {
  if (typeof element === 'number') return element | 0;
  let hash = 1;
  for (let offset = 0; offset < element.length; offset += 1)
    hash = (Math.imul(hash, 31) + element.charCodeAt(offset)) | 0;
  return hash;
}

function hasElements(state: ListState, elements: readonly ListElement[]): boolean {
  if ((state?.length ?? 0) !== elements.length) return false;
  let cell = state;
  for (let offset = elements.length - 1; cell !== undefined; offset -= 1) {
    if (cell.element !== elements[offset]) return false;
    cell = cell.before;
  }
  return true;
}

function areEqual(one: ListState, other: ListState): boolean {
  let [left, right] = [one, other];
  while (left !== right) {
    if (left === undefined || right === undefined) return false;
    if (left.hash !== right.hash || left.length !== right.length || left.element !== right.element)
      return false;
    left = left.before;
    right = right.before;
  }
  return true;
}

function elementsOf(state: ListState): ListElement[] {
  const elements: ListElement[] = [];
  for (let cell = state; cell !== undefined; cell = cell.before) elements.push(cell.element);
  return elements.toReversed();
}

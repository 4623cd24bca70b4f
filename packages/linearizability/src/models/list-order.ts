// The linear-time check of list-append histories. The longest read shows the order of the appends; with it every operation has
// its place, and nothing is left to search. To infer the order from what was read is the idea of Kingsbury and Alvaro,
// "Elle: Inferring Isolation Anomalies from Experimental Observations" (2020).
import { textOf } from '../call-text.ts';
import { precedes, type Interval } from '../interval.ts';
import type { Decision } from '../model.ts';
import {
  describeListOperation,
  type ListElement,
  type ListInput,
  type ListOutput,
} from './list-operation.ts';

type ListInterval = Interval<ListInput, ListOutput>;
type ListDecision = Decision<ListInput, ListOutput>;

interface Read {
  readonly interval: ListInterval;
  readonly elements: readonly ListElement[];
}

/** The intervals of one list, by call. `undefined` when an element is appended twice, or a read returned nothing known. */
export function decideByListOrder(intervals: readonly ListInterval[]): ListDecision | undefined {
  const appends = appendsOf(intervals);
  const reads = readsOf(intervals);
  if (appends === undefined || reads === undefined) return undefined;
  const longest = reads.reduce<Read | undefined>((best, read) => {
    return best === undefined || read.elements.length > best.elements.length ? read : best;
  }, undefined);
  const reason = problemOf(longest, reads, appends);
  return reason === undefined
    ? decideOrder(orderBy(longest, reads, appends))
    : { verdict: 'illegal', reason };
}

/** By element; `undefined` when one is appended twice. */
function appendsOf(intervals: readonly ListInterval[]): Map<ListElement, ListInterval> | undefined {
  const appends = new Map<ListElement, ListInterval>();
  for (const interval of intervals) {
    const { input } = interval.operation;
    if (input.kind !== 'append') continue;
    if (appends.has(input.element)) return undefined;
    appends.set(input.element, interval);
  }
  return appends;
}

/** Those that returned; `undefined` when it is not known what. */
function readsOf(intervals: readonly ListInterval[]): Read[] | undefined {
  const reads: Read[] = [];
  for (const interval of intervals) {
    const { input, output } = interval.operation;
    if (input.kind !== 'read' || interval.returnPosition === Infinity) continue;
    if (output?.elements === undefined) return undefined;
    reads.push({ interval, elements: output.elements });
  }
  return reads;
}

/** What no order of the appends can explain, if there is such a thing. */
function problemOf(
  longest: Read | undefined,
  reads: readonly Read[],
  appends: ReadonlyMap<ListElement, ListInterval>,
): string | undefined {
  if (longest === undefined) return undefined;
  const seen = new Set<ListElement>();
  for (const element of longest.elements) {
    const found = `${nameOf(longest.interval)} has the element ${textOf(element)}`;
    if (!appends.has(element)) return `${found}, which was not appended`;
    if (seen.has(element)) return `${found} twice, but it was appended once`;
    seen.add(element);
  }
  const other = reads.find(({ elements }) => {
    return elements.some((element, offset) => element !== longest.elements[offset]);
  });
  if (other === undefined) return undefined;
  return `${nameOf(other.interval)} and ${nameOf(longest.interval)} have the elements in different orders`;
}

/** Each append after the reads without it and before those with it. What no read shows comes last, if it has returned. */
function orderBy(
  longest: Read | undefined,
  reads: readonly Read[],
  appends: ReadonlyMap<ListElement, ListInterval>,
): ListInterval[] {
  const shown = longest?.elements ?? [];
  const groups: ListInterval[][] = [[], ...shown.map((element) => [appends.get(element) ?? []].flat())];
  for (const { interval, elements } of reads) groups[elements.length]?.push(interval);
  const isShown = new Set(shown);
  const unshown = [...appends].filter(([element, { returnPosition }]) => {
    return !isShown.has(element) && returnPosition !== Infinity;
  });
  return [...groups, unshown.map(([, interval]) => interval)].flat();
}

/** The order is forced by the reads, so it is a linearization or there is none. */
function decideOrder(order: readonly ListInterval[]): ListDecision {
  let latestCall: ListInterval | undefined;
  for (const interval of order) {
    if (latestCall !== undefined && precedes(interval, latestCall)) {
      const [late, early] = [nameOf(latestCall), nameOf(interval)];
      const reason = `${early} returned before ${late} was called, but the reads have it after that`;
      return { verdict: 'illegal', reason };
    }
    if (latestCall === undefined || interval.callPosition > latestCall.callPosition) latestCall = interval;
  }
  return { verdict: 'ok', order };
}

function nameOf({ operation: { id, input, output } }: ListInterval): string {
  return `operation ${textOf(id)}, ${describeListOperation(input, output)}`;
}

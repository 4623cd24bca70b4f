// The checker: divides a history, searches the partitions by turns, and reports.
import { assert } from './assert.ts';
import { Budget, type CheckOptions } from './budget.ts';
import type { CheckResult, Linearization, NotLinearizable, Unfinished } from './check-result.ts';
import type { History } from './history.ts';
import { intervalsOf, type Interval } from './interval.ts';
import type { Model } from './model.ts';
import { partitionsOf, type Partition } from './partitions.ts';
import { prefixesOf } from './prefix.ts';
import { Search, type SearchState } from './search.ts';
import { assertLinearization } from './verify.ts';

/** Steps of one partition before it is the next one's turn. */
const stepsPerTurn = 1000;
/** Steps in search of prefixes, for a partition that the model has decided. */
const stepsForPrefixes = 100_000;

/**
 * Is there an order of the operations that respects real time and that the model allows? Partitions are searched by turns, so
 * the first one that is illegal ends the check, however long others would take. The same arguments give the same result in
 * the same steps, unless there is a time limit.
 *
 * Throws a `MalformedHistoryError` when the history contradicts itself, a `RangeError` for a budget that is none, and an
 * `AssertionError` when the model contradicts itself.
 */
export function checkHistory<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  options: CheckOptions = {},
): CheckResult<State, Input, Output> {
  const budget = new Budget(options);
  const partitions = partitionsOf(model, intervalsOf(history));
  const linearizations = new Map<Partition<Input, Output>, Linearization<Input, Output>>();
  let works: Array<Work<State, Input, Output>> = [];
  for (const partition of partitions) {
    const decision = model.decide?.(partition.intervals);
    if (decision?.verdict === 'ok') {
      linearizations.set(partition, confirm(model, partition, decision.order));
      continue;
    }
    const work = { partition, search: new Search(model, partition.intervals) };
    if (decision !== undefined) return explain(model, work, decision.reason);
    works.push(work);
  }
  while (works.length > 0) {
    for (const work of works) {
      const { partition, search } = work;
      const state = takeTurn(search, budget);
      if (state === 'ok') linearizations.set(partition, confirm(model, partition, search.linearization()));
      if (state === 'illegal') return { verdict: state, ...unfinished(model, work, budget.steps) };
      const spent = state === 'running' ? budget.spent() : undefined;
      if (spent === undefined) continue;
      const undecidedCount = partitions.length - linearizations.size;
      return { verdict: 'unknown', spent, undecidedCount, ...unfinished(model, work, budget.steps) };
    }
    works = works.filter(({ partition }) => !linearizations.has(partition));
  }
  const inOrder = partitions.flatMap((partition) => linearizations.get(partition) ?? []);
  return { verdict: 'ok', linearizations: inOrder, steps: budget.steps };
}

interface Work<State, Input, Output> {
  readonly partition: Partition<Input, Output>;
  readonly search: Search<State, Input, Output>;
}

function takeTurn<State, Input, Output>(search: Search<State, Input, Output>, budget: Budget): SearchState {
  const before = search.steps;
  const state = search.run(Math.min(stepsPerTurn, budget.stepsLeft));
  budget.spend(search.steps - before);
  return state;
}

function confirm<State, Input, Output>(
  model: Model<State, Input, Output>,
  { name, intervals }: Partition<Input, Output>,
  order: ReadonlyArray<Interval<Input, Output>>,
): Linearization<Input, Output> {
  assertLinearization(model, intervals, order);
  return { partition: name, operations: order.map(({ operation }) => operation) };
}

/** The model says that a partition is illegal, and why; the search shows how far one gets. */
function explain<State, Input, Output>(
  model: Model<State, Input, Output>,
  work: Work<State, Input, Output>,
  reason: string,
): NotLinearizable<State, Input, Output> {
  const state = work.search.run(stepsForPrefixes);
  assert(state !== 'ok', () => `the model finds a history illegal that has a linearization: ${reason}`);
  return { verdict: 'illegal', reason, ...unfinished(model, work, work.search.steps) };
}

function unfinished<State, Input, Output>(
  model: Model<State, Input, Output>,
  { partition: { name, intervals }, search }: Work<State, Input, Output>,
  steps: number,
): Unfinished<State, Input, Output> {
  const operations = intervals.map(({ operation }) => operation);
  return { partition: name, operations, prefixes: prefixesOf(model, search), steps };
}

// Failures grouped by test and cause. Equal causes differ between seeds only in their numbers.
import type { FailureReport, TestReport } from '@raftlab/test-harness';
import { causeOf } from '../../cause-of.ts';

export interface FailureGroup {
  readonly id: string;
  readonly cause: string;
  readonly count: number;
  readonly firstSeed: number;
  /** Of the run with the first seed. */
  readonly firstTraceHash: string;
  /** The first few. */
  readonly seeds: readonly number[];
}

type FailedTest = Pick<TestReport, 'id' | 'seed' | 'traceHash'>;

/** How many seeds of a group are kept. */
const seedsKept = 5;
export class FailureGroups {
  readonly #groups = new Map<string, FailureGroup & { count: number; seeds: number[] }>();

  add({ id, seed, traceHash }: FailedTest, failure: Pick<FailureReport, 'kind' | 'message'>): void {
    const cause = causeOf(failure);
    const key = `${id} ${cause}`;
    const group = this.#groups.get(key) ?? {
      id,
      cause,
      count: 0,
      firstSeed: seed,
      firstTraceHash: traceHash,
      seeds: [],
    };
    group.count += 1;
    if (group.seeds.length < seedsKept) group.seeds.push(seed);
    this.#groups.set(key, group);
  }

  /** The most frequent first; equally frequent ones in order of occurrence. */
  list(): readonly FailureGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => b.count - a.count);
  }
  /** The same groups, those of one cause together: the most frequent cause first. */
  byCause(): readonly (readonly [FailureGroup, ...FailureGroup[]])[] {
    const causes = new Map<string, [FailureGroup, ...FailureGroup[]]>();
    for (const group of this.list()) {
      const others = causes.get(group.cause);
      if (others === undefined) causes.set(group.cause, [group]);
      else others.push(group);
    }
    return [...causes.values()].toSorted((a, b) => countOf(b) - countOf(a));
  }
}

/** How many failures the groups have together. */
export function countOf(groups: readonly FailureGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

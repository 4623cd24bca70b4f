// Failures by test and cause. Equal causes differ from seed to seed in their numbers only.
import type { FailureReport, TestReport } from '@raftlab/test-harness';

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
/** A quoted text that is longer than this is a drawn command. */
const longestName = 20;

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

  /** The most frequent first; equally frequent ones as they came. */
  list(): readonly FailureGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => b.count - a.count);
  }
}

/** The first line of the message, with N for numbers and … for drawn texts. Line numbers of files are kept. */
export function causeOf({ kind, message }: Pick<FailureReport, 'kind' | 'message'>): string {
  const [headline = ''] = message.split('\n');
  const cause = headline
    .replaceAll(/"([^"]*)("|…)/g, (quoted, text: string) => (text.length > longestName ? '"…"' : quoted))
    .replaceAll(
      /(\.[cm]?[jt]s(?::\d+)+)|\b[0-9a-f]{8,}\b|\d+(?:\.\d+)*/g,
      (_number, place?: string) => place ?? 'N',
    )
    .replaceAll(/N(, ?N)+/g, 'N, …');
  return `${kind === 'TestFailure' ? '' : `${kind}: `}${cause}`;
}

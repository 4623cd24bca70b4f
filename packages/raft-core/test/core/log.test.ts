// RaftLog compared with a simple model: an array that keeps the compacted prefix, and the number of compacted entries.
// fast-check runs the same commands on both and compares the results of all queries.
/* oxlint-disable vitest/expect-expect -- compare() expects */
import { AssertionError, RaftLog } from '@raftlab/raft-core';
import type { LogEntry } from '@raftlab/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { entriesOf, snapshotOf } from '../driven-core.ts';

/** `entries[index - 1]` is the entry at `index`, even if it is compacted. */
interface Model {
  entries: LogEntry[];
  lastIncludedIndex: number;
}

interface Real {
  log: RaftLog;
}

function logOf(...terms: readonly number[]): RaftLog {
  return new RaftLog(undefined, entriesOf(terms));
}

/** The results of all queries of the log. */
interface Facts {
  readonly ends: ReadonlyArray<number | undefined>;
  readonly entries: readonly LogEntry[];
  readonly terms: ReadonlyArray<number | undefined>;
  readonly entryThere: readonly boolean[];
  readonly firstOfTerm: ReadonlyArray<number | undefined>;
  readonly lastUpTo: ReadonlyArray<number | undefined>;
}

function factsOf(log: RaftLog): Facts {
  const indexes = Array.from({ length: log.lastIndex + 3 }, (_, index) => index);
  const known = indexes.filter((index) => index >= log.lastIncludedIndex && index <= log.lastIndex);
  return {
    ends: [
      log.lastIndex,
      log.lastTerm,
      log.lastIncludedIndex,
      log.lastIncludedTerm,
      log.snapshot?.lastIncludedIndex ?? 0,
    ],
    entries: log.slice(log.lastIncludedIndex + 1, log.lastIndex),
    terms: indexes.map((index) => log.termAt(index)),
    entryThere: indexes.map((index) => log.entryAt(index) !== undefined),
    firstOfTerm: known.map((index) => log.firstIndexOfTermAt(index)),
    lastUpTo: known.flatMap((index) =>
      [-1, 0, 1].map((more) => log.lastIndexUpTo(index, (log.termAt(index) ?? 0) + more)),
    ),
  };
}

/** The same from the array; every result is found by a linear search. */
function factsOfModel({ entries, lastIncludedIndex }: Model): Facts {
  const termAt = (index: number): number => (index === 0 ? 0 : (entries[index - 1]?.term ?? 0));
  const lastIndex = entries.length;
  const indexes = Array.from({ length: lastIndex + 3 }, (_, index) => index);
  const known = indexes.filter((index) => index >= lastIncludedIndex && index <= lastIndex);
  const isThere = (index: number): boolean => index > lastIncludedIndex && index <= lastIndex;
  return {
    ends: [lastIndex, termAt(lastIndex), lastIncludedIndex, termAt(lastIncludedIndex), lastIncludedIndex],
    entries: entries.slice(lastIncludedIndex),
    terms: indexes.map((index) => (known.includes(index) ? termAt(index) : undefined)),
    entryThere: indexes.map(isThere),
    firstOfTerm: known.map((index) => known.find((first) => termAt(first) === termAt(index))),
    lastUpTo: known.flatMap((index) =>
      [-1, 0, 1].map((more) =>
        known.findLast((last) => last <= index && termAt(last) <= termAt(index) + more),
      ),
    ),
  };
}

function compare(model: Model, { log }: Real): void {
  expect(factsOf(log)).toEqual(factsOfModel(model));
}

class Append implements fc.Command<Model, Real> {
  readonly #termSteps: readonly number[];
  constructor(termSteps: readonly number[]) {
    this.#termSteps = termSteps;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    let term = Math.max(1, model.entries.at(-1)?.term ?? 1);
    const terms = this.#termSteps.map((termStep) => (term += termStep));
    const entries = entriesOf(terms, model.entries.length + 1);
    model.entries.push(...entries);
    real.log.append(entries);
    compare(model, real);
  }
  toString(): string {
    return `append(${this.#termSteps.join(',')})`;
  }
}

class Truncate implements fc.Command<Model, Real> {
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }
  check({ entries, lastIncludedIndex }: Readonly<Model>): boolean {
    return entries.length - this.#count >= lastIncludedIndex;
  }
  run(model: Model, real: Real): void {
    const firstIndex = model.entries.length - this.#count + 1;
    model.entries.length = firstIndex - 1;
    real.log.truncateFrom(firstIndex);
    compare(model, real);
  }
  toString(): string {
    return `truncate the last ${this.#count}`;
  }
}

class Compact implements fc.Command<Model, Real> {
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }
  check({ entries, lastIncludedIndex }: Readonly<Model>): boolean {
    return lastIncludedIndex + this.#count <= entries.length;
  }
  run(model: Model, real: Real): void {
    model.lastIncludedIndex += this.#count;
    const term = model.entries[model.lastIncludedIndex - 1]?.term ?? 0;
    real.log.compact(snapshotOf([model.lastIncludedIndex, term]));
    compare(model, real);
  }
  toString(): string {
    return `compact ${this.#count}`;
  }
}

class Clone implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    const before = real.log;
    real.log = before.clone();
    before.append(entriesOf([99]));
    compare(model, real);
  }
  toString(): string {
    return 'clone';
  }
}

test('after any commands the log has the same content as an array with a compacted prefix (§5.3, §7)', () => {
  const commands = [
    fc.array(fc.nat(2), { maxLength: 5 }).map((termSteps) => new Append(termSteps)),
    fc.nat(4).map((count) => new Truncate(count)),
    fc.integer({ min: 1, max: 5 }).map((count) => new Compact(count)),
    fc.constant(new Clone()),
  ];
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 40 }), (cmds) => {
      fc.modelRun(
        () => ({ model: { entries: [], lastIncludedIndex: 0 }, real: { log: new RaftLog() } }),
        cmds,
      );
    }),
    { numRuns: 200 },
  );
});

test('the empty log has index 0 and term 0 (§5.3)', () => {
  const log = new RaftLog();
  expect([log.lastIndex, log.lastTerm, log.termAt(0), log.termAt(1), log.snapshot]).toEqual([
    0,
    0,
    0,
    undefined,
    undefined,
  ]);
});

test('a snapshot that the log does not continue replaces the whole log (Figure 13, 7)', () => {
  const cases: Array<[title: string, snapshot: readonly [number, number]]> = [
    ['of another term', [2, 3]],
    ['beyond the end', [7, 2]],
    ['beyond the end, of a later term', [9, 4]],
  ];
  for (const [title, last] of cases) {
    const log = logOf(1, 1, 2, 2);
    log.compact(snapshotOf(last));
    expect([log.lastIndex, log.lastTerm, log.slice(last[0] + 1, last[0])], title).toEqual([...last, []]);
  }
});

test('a snapshot that the log continues keeps the entries after it (Figure 13, 6)', () => {
  const log = logOf(1, 1, 2, 2);
  const [, , third, fourth] = log.slice(1, 4);
  log.compact(snapshotOf([2, 1]));
  expect(log.slice(3, 4)).toEqual([third, fourth]);
});

test('reading, truncating or compacting an index outside of the log is a bug of the caller', () => {
  const log = logOf(1, 1, 2, 2, 3);
  log.compact(snapshotOf([2, 1]));
  for (const misuse of [
    () => log.slice(2, 3),
    () => log.slice(3, 6),
    () => log.truncateFrom(2),
    () => log.compact(snapshotOf([2, 1])),
    () => log.compact(snapshotOf([1, 1])),
  ]) {
    expect(misuse).toThrow(AssertionError);
    expect(misuse).toThrow('last entry 5 (term 3)');
  }
  expect(log.lastIndex).toBe(5);
});

test('entries that a snapshot covers are no longer accessible, and arrays returned earlier do not change (§7)', () => {
  const log = logOf(1, 1, 2, 2);
  const before = log.slice(1, 4);
  log.compact(snapshotOf([3, 2]));
  expect(log.entryAt(3)).toBeUndefined();
  expect(() => log.slice(3, 4)).toThrow(AssertionError);
  expect(before.map(({ term }) => term)).toEqual([1, 1, 2, 2]);
});

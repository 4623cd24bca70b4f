// The log as runs of terms, compared with a plain list of terms.
import { expect, test } from 'vitest';
import { Random } from '@raftlab/runtime';
import { changeLog, compactLog, lastIndexOf, termAt, type LogTerms } from '#src/model/log-terms';

test('after any changes and compactions the log has the same terms as a plain list', () => {
  const random = Random.fromSeed('log terms');
  let log: LogTerms = [];
  let compacted = 0;
  const terms: Array<number | undefined> = [];
  for (let round = 0; round < 500; round += 1) {
    const firstIndex = random.int(compacted + 1, terms.length + 1);
    const runs = Array.from(
      { length: random.int(0, 3) },
      () => [random.int(1, 4), random.int(1, 5)] as const,
    );
    log = changeLog(log, { firstIndex, terms: runs });
    terms.length = firstIndex - 1;
    for (const [term, count] of runs) terms.push(...Array.from({ length: count }, () => term));
    if (random.chance(1, 10)) {
      compacted = random.int(compacted, terms.length);
      log = compactLog(log, compacted);
      terms.fill(undefined, 0, compacted);
    }
    expect(terms.map((_, offset) => termAt(log, offset + 1))).toEqual(terms);
    expect(lastIndexOf(log)).toBe(terms.length === compacted ? 0 : terms.length);
    expect(termAt(log, terms.length + 1)).toBeUndefined();
  }
});

test('adjacent runs of the same term are merged', () => {
  const log = changeLog([{ firstIndex: 1, term: 2, count: 3 }], { firstIndex: 3, terms: [[2, 4]] });
  expect(log).toEqual([{ firstIndex: 1, term: 2, count: 6 }]);
});

test('a snapshot beyond the end of the log removes all of it', () => {
  expect(compactLog([{ firstIndex: 1, term: 2, count: 3 }], 9)).toEqual([]);
});

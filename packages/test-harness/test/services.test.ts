// The suites of Lab 4 and rsm: our service passes them, and broken services fail with the lab's messages.
import { makeService } from '@raftlab/rpc';
import {
  gradeTest,
  lab4,
  raftlab,
  rsm,
  type GradedTest,
  type KeyValueImplementation,
  type TestReport,
} from '@raftlab/test-harness';
import { describe, expect, test } from 'vitest';
import { OperationHistory } from '#src/suites/lab4/operation-history';
import { checkAppends, valueOf } from '#src/suites/lab4/append-checks';
import { raftlabKeyValue } from '#src/suites/lab4/raftlab-key-value';

const all = [...rsm.tests, ...lab4.tests];

const byId = (id: string): GradedTest => {
  const found = all.find((graded) => graded.id === id);
  if (found === undefined) throw new Error(`no test ${id}`);
  return found;
};

describe('our service in virtual time', () => {
  const options = { mode: 'virtual', seed: 101 } as const;
  /** The run of each test, which several tests need. */
  const runs = new Map<string, Promise<TestReport>>();
  const runOf = (id: string): Promise<TestReport> => {
    const run = runs.get(id) ?? gradeTest(byId(id), options);
    runs.set(id, run);
    return run;
  };

  test.each(all.map(({ id }) => id))('passes %s, with the operations of the course at least', async (id) => {
    const { failure, statistics } = await runOf(id);
    expect(failure).toBeUndefined();
    expect(statistics['ops']).toBeGreaterThanOrEqual(lab4.publishedFigures.get(id)?.['ops'] ?? 0);
  });

  test.each(['TestUnreliableOneKey4A', 'TestSnapshotRPC4B', 'rsm.TestLeaderPartition4A'])(
    '%s twice with one seed gives one trace, recorded or not',
    async (id) => {
      const first = await runOf(id);
      const second = await gradeTest(byId(id), { ...options, isRecorded: true });
      expect(second.traceHash).toBe(first.traceHash);
      expect(second.statistics).toEqual(first.statistics);
      expect(second.record?.events.some(({ kind }) => kind === 'apply')).toBe(true);
    },
  );
});

test('in real time the same scripts pass', async () => {
  for (const id of ['TestUnreliableOneKey4A', 'TestSpeed4A', 'rsm.TestBasic4A']) {
    const report = await gradeTest(byId(id), { mode: 'real', seed: 1 });
    expect(report.failure).toBeUndefined();
  }
});

describe('the suites', () => {
  test('have the 23 tests of Lab 4 and the 8 of rsm, each once, part by part', () => {
    const countOf = (part: string): number => all.filter((graded) => graded.part === part).length;
    expect(['rsm', '4A', '4B'].map(countOf)).toEqual([8, 14, 9]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(31);
  });

  test('have published figures for every test of Lab 4, in its columns and with its servers', () => {
    const columns = lab4.columns.map(({ id }) => id);
    expect([...lab4.publishedFigures.keys()]).toEqual(lab4.tests.map(({ id }) => id));
    for (const [id, figures] of lab4.publishedFigures) {
      expect(Object.keys(figures)).toEqual(columns);
      expect(figures['servers']).toBe(byId(id).servers);
    }
  });

  test('begin their lines as the lab does', () => {
    const [one] = rsm.tests;
    expect(lab4.headingOf(byId('TestPersistPartitionUnreliable4A'))).toBe(
      'Test: unreliable net, restarts, partitions, many clients (4A)',
    );
    expect(rsm.headingOf(one ?? byId('none'))).toBe('Test: sequential increments (rsm)');
  });
});

describe('broken services', () => {
  const grade = async (id: string, keyValue: Partial<KeyValueImplementation>) => {
    const implementation = { ...raftlab, keyValue: { ...raftlabKeyValue, ...keyValue } };
    const { failure } = await gradeTest(byId(id), { mode: 'virtual', seed: 1, implementation });
    return failure;
  };
  const { makeClerk, startKVServer } = raftlabKeyValue;

  test('an append that is executed twice is a duplicate element', async () => {
    const failure = await grade('TestUnreliableOneKey4A', {
      makeClerk(environment) {
        const clerk = makeClerk(environment);
        const append = async (key: string, value: string): Promise<void> => {
          await clerk.append(key, value);
          if (value === valueOf(2, 4)) await clerk.append(key, value);
        };
        return { ...clerk, append };
      },
    });
    expect(failure?.message).toContain('client 2: duplicate element x 2 4 y');
  });

  test('the next check detects a clerk that returns an outdated value', async () => {
    const failure = await grade('TestSnapshotSize4B', {
      makeClerk: (environment) => ({ ...makeClerk(environment), get: () => Promise.resolve('0') }),
    });
    expect(failure?.message).toBe('Get("x"): expected "1", received "0"');
  });

  test('a service that does not answer fails its test at the time limit, with the pending operations', async () => {
    const failure = await grade('TestUnreliableOneKey4A', {
      makeClerk: (environment) => ({ ...makeClerk(environment), append: () => new Promise(() => undefined) }),
    });
    expect(failure?.message).toMatch(
      /^test took longer than 120 seconds; 5 operations are waiting: append of key k by client 1 since /,
    );
  });

  test('a server that starts without a Raft is reported, and so is one that makes two', async () => {
    const none = await grade('TestSpeed4A', {
      startKVServer: () => ({ service: makeService('KVServer', []), kill: () => undefined }),
    });
    expect(none?.message).toBe('server 0 was started without calling makeRaft');
    const two = await grade('TestSpeed4A', {
      startKVServer(environment) {
        environment.makeRaft(() => undefined);
        return startKVServer(environment);
      },
    });
    expect(two?.message).toBe('server 0 has called makeRaft twice');
  });

  test('a service that takes snapshots but must not fails, and so does one that must and does not', async () => {
    const tooMany = await grade('TestBasic4A', {
      startKVServer: (environment) => startKVServer({ ...environment, maxRaftState: 500 }),
    });
    expect(tooMany?.message).toMatch(
      /^snapshot of \d+ bytes, which should not be used with maxraftstate -1$/,
    );
    const none = await grade('TestSnapshotSize4B', {
      startKVServer: (environment) => startKVServer({ ...environment, maxRaftState: 100_000 }),
    });
    expect(none?.message).toMatch(/^logs were not trimmed \(\d+ > 8 \* 1000\)$/);
  });
});

describe('the checks of Lab 4', () => {
  test('appends are missing, duplicated, out of order, or correct', () => {
    const check = (found: string) => () => checkAppends(0, found, 2);
    expect(check('x 0 0 yx 9 0 yx 0 1 y')).not.toThrow();
    expect(check('x 0 0 y')).toThrow('client 0: missing element x 0 1 y');
    expect(check('x 0 0 yx 0 1 yx 0 0 y')).toThrow('client 0: duplicate element x 0 0 y');
    expect(check('x 0 1 yx 0 0 y')).toThrow('client 0: wrong order for element x 0 1 y');
  });

  test('a history that is not linearizable is rejected, with the operation that cannot be placed', async () => {
    let now = 0;
    const history = new OperationHistory(() => (now += 1));
    const run = { run: () => Promise.resolve('old'), outputOf: (value: string) => ({ value }) };
    await history.record(0, { kind: 'put', key: 'a', value: 'old' }, { ...run, outputOf: () => ({}) });
    await history.record(0, { kind: 'put', key: 'a', value: 'new' }, { ...run, outputOf: () => ({}) });
    expect(() => history.check()).not.toThrow();
    await history.record(1, { kind: 'get', key: 'a' }, run);
    expect(() => history.check()).toThrow(/^history is not linearizable: partition "a", 3 operations/);
    expect(history.count).toBe(3);
  });

  test('an operation that has not returned may have taken effect or not', async () => {
    const history = new OperationHistory(() => 1);
    const never = new Promise<never>(() => undefined);
    void history.record(0, { kind: 'put', key: 'a', value: 'x' }, { run: () => never, outputOf: () => ({}) });
    const get = { run: () => Promise.resolve('x'), outputOf: (value: string) => ({ value }) };
    await history.record(1, { kind: 'get', key: 'a' }, get);
    expect(() => history.check()).not.toThrow();
    expect(history.describePending()).toBe(
      '1 operations are waiting: put of key a by client 0 since 1.000 ms',
    );
  });
});

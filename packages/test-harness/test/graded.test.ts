// The suites: our Raft passes them, a run is a function of its seed, and broken Rafts fail with the lab's messages.
import { makeService, type Service } from '@raftlab/rpc';
import {
  gradeTest,
  lab3,
  raftlab,
  raftlabOnSlowDisk,
  type GradedTest,
  type Implementation,
  type RaftHandle,
} from '@raftlab/test-harness';
import { describe, expect, test } from 'vitest';

const byId = (id: string): GradedTest => {
  const found = lab3.tests.find((graded) => graded.id === id);
  if (found === undefined) throw new Error(`no test ${id}`);
  return found;
};

describe('our Raft in virtual time', () => {
  const ids = lab3.tests.map(({ id }) => id);
  const run = (implementation: Implementation, id: string, seed: number) =>
    gradeTest(byId(id), { mode: 'virtual', seed, implementation });

  // In record.test.ts for another seed.
  test.each(ids)('passes %s', async (id) => {
    expect((await run(raftlab, id, 101)).failure).toBeUndefined();
  });

  test.each(ids)(
    'on a slow disk passes %s for two seeds, and twice with one seed has the same trace',
    async (id) => {
      const [other, first, second] = [
        await run(raftlabOnSlowDisk, id, 103),
        await run(raftlabOnSlowDisk, id, 7),
        await run(raftlabOnSlowDisk, id, 7),
      ];
      expect(other.failure).toBeUndefined();
      expect(first.failure).toBeUndefined();
      expect(second.traceHash).toBe(first.traceHash);
      expect(second.statistics).toEqual(first.statistics);
    },
  );

  test('has another trace for another seed', async () => {
    const hashes = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      hashes.add((await run(raftlab, 'TestBasicAgree3B', seed)).traceHash);
    }
    expect(hashes.size).toBe(20);
  });
});

test('in real time the same scripts pass', async () => {
  const report = await gradeTest(byId('TestBasicAgree3B'), { mode: 'real', seed: 1 });
  expect(report.failure).toBeUndefined();
  expect(report.statistics).toMatchObject({ commands: 3 });
});

describe('the suite of Lab 3', () => {
  test('has the 28 tests of the lab, each once, part by part', () => {
    const inParts = lab3.parts.map(({ id }) => lab3.tests.filter(({ part }) => part === id));
    expect(inParts.map((tests) => tests.length)).toEqual([3, 10, 8, 7]);
    expect(inParts.flat()).toEqual(lab3.tests);
    expect(new Set(lab3.tests.map(({ id }) => id)).size).toBe(28);
  });

  test('has published figures only for tests and columns that it has', () => {
    const ids = lab3.tests.map(({ id }) => id);
    const columns = lab3.columns.map(({ id }) => id);
    for (const [id, figures] of lab3.publishedFigures) {
      expect(ids).toContain(id);
      expect(columns).toEqual(expect.arrayContaining(Object.keys(figures)));
    }
  });

  test('reports a number for each of its columns', async () => {
    const { statistics } = await gradeTest(byId('TestBasicAgree3B'), { mode: 'virtual', seed: 1 });
    expect(Object.keys(statistics)).toEqual(lab3.columns.map(({ id }) => id));
  });
});

test('no run of a 3B test exceeds a published bound, for any seed', async () => {
  const bounds = lab3.columns.filter(({ published }) => published === 'bound');
  for (const graded of lab3.tests.filter(({ part }) => part === '3B')) {
    const figures = lab3.publishedFigures.get(graded.id);
    if (figures === undefined) continue;
    for (let seed = 1; seed <= 20; seed += 1) {
      const { statistics } = await gradeTest(graded, { mode: 'virtual', seed });
      for (const { id } of bounds) {
        expect(statistics[id], `${graded.id}, seed ${seed}, ${id}`).toBeLessThanOrEqual(figures[id] ?? -1);
      }
    }
  }
});

test('the observer of an implementation explains its failures, and detects what still runs after the last kill', async () => {
  const remarks = ['one', 'two'];
  const watcher = { explainFailure: () => remarks, watchAfterKillMs: 500, eventsPerBreath: 1 };
  const graded = byId('TestInitialElection3A');
  const passing = { ...raftlab, watcher };
  const unwatched = await gradeTest(graded, { mode: 'virtual', seed: 1 });
  const watched = await gradeTest(graded, { mode: 'virtual', seed: 1, implementation: passing });
  expect(watched.failure).toBeUndefined();
  expect(watched.traceHash).toBe(unwatched.traceHash);
  // The time after the last kill is not of the test.
  expect(watched.clockMs).toBe(unwatched.clockMs);

  const lateOnError: Implementation = {
    name: 'late',
    watcher,
    make(environment) {
      const peer = raftlab.make(environment);
      const kill = (): void => {
        peer.kill();
        environment.clock.setTimer(400, () => environment.onError(new Error('still here')));
      };
      return {
        start: (command) => peer.start(command),
        getState: () => peer.getState(),
        snapshot: (index, data) => peer.snapshot(index, data),
        kill,
        service: peer.service,
      };
    },
  };
  const late = await gradeTest(graded, { mode: 'virtual', seed: 1, implementation: lateOnError });
  expect(late.failure?.message).toBe('still here\none\ntwo');
});

describe('broken Rafts', () => {
  const noService: Service = makeService('Raft', []);
  const handle = (parts: Partial<RaftHandle>): RaftHandle => ({
    start: () => ({ isLeader: false, term: 0 }),
    getState: () => ({ term: 0, isLeader: false }),
    snapshot: () => undefined,
    kill: () => undefined,
    service: noService,
    ...parts,
  });
  const implementation = (name: string, make: Implementation['make']): Implementation => ({ name, make });
  const grade = async (id: string, broken: Implementation) => {
    const { failure } = await gradeTest(byId(id), { mode: 'virtual', seed: 1, implementation: broken });
    return failure;
  };

  test.each(['TestInitialElection3A', 'TestReElection3A'])(
    'an empty skeleton fails %s after about 5 s',
    async (id) => {
      const failure = await grade(
        id,
        implementation('skeleton', () => handle({})),
      );
      expect(failure?.message).toBe('expected one leader, got none');
      expect(failure?.step).toBe('step 1, checkOneLeader');
      expect(failure?.atMs).toBeGreaterThan(4500);
      expect(failure?.atMs).toBeLessThan(5500);
    },
  );

  test('two leaders in one term fail the test', async () => {
    const broken = implementation('all lead', () =>
      handle({ getState: () => ({ term: 1, isLeader: true }) }),
    );
    expect((await grade('TestInitialElection3A', broken))?.message).toBe(
      'term 1 has 3 (>1) leaders: 0, 1, 2',
    );
  });

  test('different terms fail the test', async () => {
    const broken = implementation('own terms', ({ me }) =>
      handle({ getState: () => ({ term: me, isLeader: me === 2 }) }),
    );
    expect((await grade('TestInitialElection3A', broken))?.message).toBe('servers disagree on term: 0 and 1');
  });

  test('a term that changes without failures is a warning in the report, and the test passes', async () => {
    const restless = implementation('restless', ({ me, clock }) => {
      const beganAt = clock.now();
      return handle({
        getState: () => ({ term: 1 + Math.floor((clock.now() - beganAt) / 1000), isLeader: me === 0 }),
      });
    });
    const options = { mode: 'virtual', seed: 1, isRecorded: true } as const;
    const graded = byId('TestInitialElection3A');
    const report = await gradeTest(graded, { ...options, implementation: restless });
    expect(report.failure).toBeUndefined();
    const warning = 'term changed even though there were no failures';
    expect(report.warnings).toEqual([warning]);
    expect(report.record?.events).toContainEqual(expect.objectContaining({ kind: 'warning', text: warning }));
    expect((await gradeTest(graded, options)).warnings).toEqual([]);
  });

  test('a command that never commits fails its agreement', async () => {
    const broken = implementation('never commits', () =>
      handle({ start: () => ({ isLeader: true, index: 1, term: 1 }) }),
    );
    const failure = await grade('TestBasicAgree3B', broken);
    expect(failure?.message).toBe('one(100) failed to reach agreement');
    expect(failure?.atMs).toBeGreaterThanOrEqual(2000);
  });

  test('servers that apply different commands at one index fail at that moment', async () => {
    const broken = implementation('disagree', ({ me, applyCh }) =>
      handle({
        start(command) {
          void applyCh({
            commandValid: true,
            snapshotValid: false,
            command: me === 2 ? 'another' : command,
            commandIndex: 1,
            commandTerm: 1,
          });
          return { isLeader: false, term: 1 };
        },
      }),
    );
    const failure = await grade('TestBasicAgree3B', broken);
    expect(failure?.message).toBe('commit index=1 server=2 "another" != server=1 100');
    expect(failure?.atMs).toBe(0);
  });

  test('a skipped index fails the test, with the plain and with the snapshotting service', async () => {
    const skipping = (index: number) =>
      implementation('skips', ({ applyCh }) =>
        handle({
          start(command) {
            void applyCh({
              commandValid: true,
              snapshotValid: false,
              command,
              commandIndex: index,
              commandTerm: 1,
            });
            return { isLeader: true, index, term: 1 };
          },
        }),
      );
    expect((await grade('TestBasicAgree3B', skipping(3)))?.message).toBe(
      'server 1 apply out of order 3, expected index 1',
    );
    expect((await grade('TestSnapshotBasic3D', skipping(3)))?.message).toBe(
      'server 1 apply out of order, expected index 1, got 3',
    );
  });

  test('a constructor that throws fails only its test', async () => {
    const broken = implementation('throws', () => {
      throw new Error('no peer today');
    });
    expect((await grade('TestBasicAgree3B', broken))?.message).toBe('no peer today');
    expect((await grade('TestBasicAgree3B', raftlab)) === undefined).toBe(true);
  });
});

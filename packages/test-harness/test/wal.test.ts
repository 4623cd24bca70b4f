// The graded tests on a write-ahead log whose files lose power at crashes.
import { gradeTest, lab3, lab4, raftlabOnWal, type Implementation } from '@raftlab/test-harness';
import { expect, test } from 'vitest';

const byId = (id: string) => {
  const found = [...lab3.tests, ...lab4.tests].find((graded) => graded.id === id);
  if (found === undefined) throw new Error(`no test ${id}`);
  return found;
};

test.each([
  'TestPersist13C',
  'TestPersist33C',
  'TestSnapshotInstallCrash3D',
  'TestSnapshotAllCrash3D',
  'TestSnapshotRPC4B',
])('passes %s', async (id) => {
  const report = await gradeTest(byId(id), { mode: 'virtual', seed: 3, implementation: raftlabOnWal });
  expect(report.failure).toBeUndefined();
});

test('the same seed has the same events', async () => {
  const run = () =>
    gradeTest(byId('TestPersist33C'), { mode: 'virtual', seed: 4, implementation: raftlabOnWal });
  expect((await run()).traceHash).toBe((await run()).traceHash);
});

test('a log that acknowledges a write before it is durable fails a test that crashes servers', async () => {
  const hasty: Implementation = {
    name: 'hasty',
    make: (environment) =>
      raftlabOnWal.make({
        ...environment,
        walDisk: {
          open(watch, faults) {
            const storage = environment.walDisk.open(watch, faults);
            return {
              load: () => storage.load(),
              write: (batch) => void storage.write(batch),
              close: () => storage.close(),
            };
          },
        },
      }),
  };
  const { failure } = await gradeTest(byId('TestPersist13C'), {
    mode: 'virtual',
    seed: 3,
    implementation: hasty,
  });
  expect(failure?.message).toMatch(/durably is violated|Persist before visible is violated/);
});

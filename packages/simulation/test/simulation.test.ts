// The simulation itself: it passes on our Raft, is a function of its seed, detects violations, and shrinks them.
import { allInvariants, type Invariant } from '@raftlab/invariants';
import {
  chainWorkload,
  faultFamilies,
  formatRecordedRun,
  parseRecordedRun,
  Reached,
  recordRun,
  replayOptions,
  shrink,
  simulate,
  type MakePeer,
  type SimulatedWorkload,
  type SimulationReport,
} from '@raftlab/simulation';
import type { Storage } from '@raftlab/storage';
import { makeLabPeer } from '@raftlab/raft-core';
import { beforeAll, describe, expect, test } from 'vitest';

/** The unchanged run of each seed, which several tests need. */
const runs = new Map<number, Promise<SimulationReport>>();
function runOf(seed: number): Promise<SimulationReport> {
  const run = runs.get(seed) ?? simulate({ seed });
  runs.set(seed, run);
  return run;
}

test('our Raft satisfies every property in 24 runs, which reach most situations that a long simulation must reach', async () => {
  const reached = new Reached();
  // Run 49 is the first of the eighth part of all runs in which an installed snapshot drops a conflicting suffix.
  for (const seed of [...Array.from({ length: 23 }, (_, at) => at + 1), 49]) {
    const report = await runOf(seed);
    expect(report.violation, `seed ${seed}`).toBeUndefined();
    reached.add(report.reached);
  }
  expect(reached.missing()).toEqual([]);
}, 180_000);

test('the same seed has the same events; another seed has others', async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 4; seed += 1) {
    const [first, second] = [await runOf(seed), await simulate({ seed })];
    expect(second.traceHash).toBe(first.traceHash);
    expect(second.faults).toEqual(first.faults);
    hashes.add(first.traceHash);
  }
  expect(hashes.size).toBe(4);
});

test('the numbers of servers and learners, and the schedule, can be set', async () => {
  const { mix } = await simulate({
    seed: 3,
    overrides: { servers: 7, learners: 2, schedule: 'swizzle', faultPhaseMs: 1000 },
  });
  expect(mix).toMatchObject({ servers: 7, learners: 2, schedule: 'swizzle', faultPhaseMs: 1000 });
});

describe('a kind of fault that is left out', () => {
  /** Long enough for a fault of each kind in one of five runs. */
  const faultPhaseMs = 4000;
  const seeds = [1, 2, 3, 4, 5];
  const kinds = { crash: ['crash', 'crash-at-write'], stall: ['pause'], partition: ['cut'] } as const;
  const allFaults: SimulationReport[] = [];
  beforeAll(async () => {
    for (const seed of seeds) allFaults.push(await simulate({ seed, overrides: { faultPhaseMs } }));
  });

  test.each(Object.entries(kinds))('is not drawn: %s', async (family, faultKinds) => {
    const without = faultFamilies.filter((candidate) => candidate === family);
    const inflicted = { with: 0, without: 0 };
    for (const [offset, seed] of seeds.entries()) {
      const some = await simulate({ seed, overrides: { faultPhaseMs, without } });
      for (const kind of faultKinds) {
        inflicted.with += allFaults[offset]?.faultCounts.get(kind) ?? 0;
        inflicted.without += some.faultCounts.get(kind) ?? 0;
      }
    }
    expect(inflicted.with).toBeGreaterThan(0);
    expect(inflicted.without).toBe(0);
  });

  test('leaves the network, the disk and the service without faults', async () => {
    const overrides = { without: faultFamilies, faultPhaseMs: 1000 };
    for (let seed = 1; seed <= 5; seed += 1) {
      const { mix, network } = await simulate({ seed, overrides });
      expect(mix).toMatchObject({
        disk: 'instant',
        snapshotEvery: 0,
        delayMaxMs: 1,
        messageBounds: {},
        lossPerMille: 0,
      });
      expect(network.duplicated).toBe(0);
    }
  });
});

/** Reports a made-up violation: a substitute for a bug that needs a leader, two crashes and a commit. */
function tooManyLives(): Invariant {
  let starts = 0;
  return {
    name: 'Few lives',
    statement: 'no entry is committed after more than two restarts',
    source: 'this test',
    onStart: () => {
      starts += 1;
    },
    onStep({ before, state }) {
      if (starts > state.membership.members.length + 2 && state.commitIndex > before.commitIndex)
        throw violation();
    },
  };
}

function violation(): Error {
  const error = new Error('a commit after three restarts');
  error.name = 'Violation';
  return error;
}

describe('a violation', () => {
  const invariants = (): Invariant[] => [...allInvariants(), tooManyLives()];
  const run = (options: Parameters<typeof simulate>[0]) => simulate({ ...options, invariants: invariants() });
  const options = { seed: 11, overrides: { schedule: 'crash-heavy' as const, faultPhaseMs: 8000 } };

  test('ends the run at its event, with its last events, and is shrunk to a few faults that replay', async () => {
    const failing = await run(options);
    expect(failing.violation?.message).toContain('a commit after three restarts');
    expect(failing.violation?.recent.length).toBeGreaterThan(10);
    const { report, before, after } = await shrink(failing, options, { run });
    expect(before).toBeGreaterThan(30);
    // A server starts again only after a crash, and a commit needs a proposal.
    expect(after).toBeLessThanOrEqual(8);
    expect(report.faults.some(({ fault }) => fault.kind.startsWith('crash'))).toBe(true);

    const file = formatRecordedRun(recordRun(report, options.overrides));
    const replayed = await run(replayOptions(parseRecordedRun(file)));
    expect(replayed.violation?.property).toBe(failing.violation?.property);
    expect(replayed.faults).toEqual(report.faults);
  });
});

test('a recorded run that is repeated with its own faults fails at the same event', async () => {
  // Fails at the hundredth commit, long before the fault phase ends and the majority is healed.
  const early = (): Invariant[] => [
    {
      name: 'Few commits',
      statement: 'commitIndex stays below 100',
      source: 'this test',
      onStep({ state }) {
        if (state.commitIndex >= 100) throw violation();
      },
    },
  ];
  let failed = 0;
  for (let seed = 1; failed < 4; seed += 1) {
    const failing = await simulate({ seed, overrides: { faultPhaseMs: 20_000 }, invariants: early() });
    if (failing.violation === undefined) continue;
    failed += 1;
    const until = failing.faults.filter(({ atMs }) => atMs <= (failing.violation?.atMs ?? 0));
    const again = await simulate({
      seed,
      overrides: { faultPhaseMs: 20_000 },
      invariants: early(),
      faults: until,
    });
    expect(again.violation?.atMs).toBeCloseTo(failing.violation.atMs, 3);
  }
});

test("a user's own service is simulated instead of the default one, and its bugs are detected", async () => {
  const forgetful: SimulatedWorkload = {
    ...chainWorkload,
    createService() {
      const service = chainWorkload.createService();
      // It takes snapshots, but starts from its initial state when it restores one.
      return { ...service, restore: () => undefined };
    },
  };
  let message: string | undefined;
  for (let seed = 1; seed <= 10 && message === undefined; seed += 1) {
    const report = await simulate({ seed, workload: forgetful });
    message = report.violation?.message;
  }
  expect(message).toMatch(/after \d+ the services differ/);
});

test("a user's own function that makes peers is used instead of raft-core's", async () => {
  let made = 0;
  // A disk that reports a write before it is durable: the storage of a service that does not wait for fsync.
  const hasty: MakePeer = ({ storage, ...options }) => {
    made += 1;
    const late: Promise<void>[] = [];
    const forgets: Storage = {
      load: () => storage.load(),
      write: (batch) => void late.push(Promise.resolve(storage.write(batch))),
      close: () => storage.close(),
    };
    return makeLabPeer({ ...options, storage: forgets });
  };
  const properties = new Set<string>();
  const expected = 'One vote per term, durably';
  for (let seed = 1; seed <= 10; seed += 1) {
    const { violation: found } = await simulate({ seed, make: hasty });
    if (found !== undefined) properties.add(found.property);
    if (properties.has(expected) && made > 30) break;
  }
  expect(made).toBeGreaterThan(30);
  expect([...properties]).toContain(expected);
});

test.each([
  ['', /not JSON/],
  ['{"format": "raftlab-run-2"}', /format/],
  [
    '{"format":"raftlab-run-1","seed":1,"overrides":{},"violates":null,"faults":[{"atMs":1,"fault":{"kind":"melt"}}]}',
    /kind/,
  ],
  ['{"format":"raftlab-run-1","seed":-1,"overrides":{},"violates":null,"faults":[]}', /seed/],
])('a file that is not a recorded run is rejected with the place: %s', (text, message) => {
  expect(() => parseRecordedRun(text)).toThrow(message);
});

// Our Raft takes no step that the reference model does not allow. CI simulates more runs with --reference.
import { allInvariants, referenceRelation } from '@raftlab/invariants';
import { simulate } from '@raftlab/simulation';
import { expect, test } from 'vitest';

// Without large commands, which the model compares as texts. The drawn phases of faults are up to five times as long.
const faultPhaseMs = 4000;

test('runs with learners take only steps that the reference model allows (thesis 4.2.1)', async () => {
  for (let seed = 1; seed <= 3; seed += 1) {
    const overrides = { servers: 5, learners: 2, faultPhaseMs, without: ['sizes'] } as const;
    const invariants = [...allInvariants(), referenceRelation()];
    const { violation, mix } = await simulate({ seed, overrides, invariants });
    expect(violation, `seed ${seed}`).toBeUndefined();
    expect(mix.learners).toBe(2);
  }
});

test('three simulated runs take only steps that the reference model allows', async () => {
  for (let seed = 1; seed <= 3; seed += 1) {
    const { violation } = await simulate({
      seed,
      overrides: { faultPhaseMs, without: ['sizes'] },
      invariants: [...allInvariants(), referenceRelation()],
    });
    expect(violation, `seed ${seed}`).toBeUndefined();
  }
});

test('entries that are kept before a snapshot may follow the end of an earlier one', async () => {
  // The leader has installed a snapshot, then taken others, and sends what is between them.
  const { mix, violation } = await simulate({
    seed: 667_011_217,
    overrides: { without: ['links', 'sizes', 'server-count', 'same-turn'] },
    invariants: [referenceRelation()],
  });
  expect([mix.snapshotTailEntries, violation]).toEqual([20, undefined]);
});

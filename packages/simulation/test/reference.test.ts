// Our Raft takes no step that the reference model refuses.
import { allInvariants, referenceRelation } from '@raftlab/invariants';
import { simulate } from '@raftlab/simulation';
import { expect, test } from 'vitest';

test('twelve simulated runs take only steps that the reference model allows', async () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const { violation } = await simulate({ seed, invariants: [...allInvariants(), referenceRelation()] });
    expect(violation, `seed ${seed}`).toBeUndefined();
  }
});

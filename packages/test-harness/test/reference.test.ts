// Our Raft takes no step that the reference model does not allow.
import { allInvariants, referenceRelation } from '@raftlab/invariants';
import { gradeTest, lab3, raftlab, raftlabOnSlowDisk } from '@raftlab/test-harness';
import { expect, test } from 'vitest';

const graded = lab3.tests.filter(({ id }) => !id.includes('Churn'));
test.each([raftlab, raftlabOnSlowDisk])(
  'the graded tests take only steps that the reference model allows, $name',
  async (implementation) => {
    for (const each of graded) {
      const options = {
        mode: 'virtual',
        seed: 3,
        implementation,
        invariants: [...allInvariants(), referenceRelation()],
      } as const;
      expect((await gradeTest(each, options)).failure, each.id).toBeUndefined();
    }
  },
);

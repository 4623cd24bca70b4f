import { Violation, type Invariant } from './invariant.ts';

/** Recorded by term, because two leaders of one term need not exist at the same moment. */
export const electionSafety: Invariant = {
  name: 'Election Safety',
  statement: 'At most one leader is elected in a given term.',
  source: 'Raft paper, Figure 3; §5.2',
  onStep({ server, outputs }, { leaderOf }) {
    if (outputs.roleChange?.role !== 'leader') return;
    const { term } = outputs.roleChange;
    const known = leaderOf.get(term);
    leaderOf.set(term, known ?? server);
    if (known !== undefined && known !== server)
      throw new Violation(`servers ${known} and ${server} both lead term ${term}`);
  },
};

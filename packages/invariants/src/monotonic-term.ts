import { Violation, type ServerRule } from './invariant.ts';

/** The durable term must not decrease either: a restarted server knows every term that was durable. */
export function monotonicTerm(): ServerRule {
  const durableTerm = new Map<number, number>();
  return {
    name: 'Monotonic currentTerm',
    statement: 'currentTerm never decreases, neither while a server runs nor across its crashes.',
    source: 'Raft paper, Figure 2, persistent state on all servers',
    onWiped(server) {
      durableTerm.delete(server);
    },
    onStart(server, state) {
      const known = durableTerm.get(server) ?? 0;
      if (state.currentTerm < known)
        throw new Violation(
          `server ${server} starts in term ${state.currentTerm}; term ${known} was durable`,
        );
    },
    onStep({ server, before, state }) {
      if (before.currentTerm > state.currentTerm)
        throw new Violation(
          `server ${server} went back from term ${before.currentTerm} to ${state.currentTerm}`,
        );
    },
    onDurable(server, _batch, ghost) {
      const { currentTerm } = ghost.imageOf(server).hardState;
      const known = durableTerm.get(server) ?? 0;
      if (currentTerm < known)
        throw new Violation(`server ${server} wrote term ${currentTerm} over term ${known}`);
      durableTerm.set(server, currentTerm);
    },
  };
}

// An election that the leader asks for too early only wastes a term: nothing else would notice that.
import { Violation, type Invariant } from './invariant.ts';

export const handedOverToTheUpToDate: Invariant = {
  name: 'Handed over to the up-to-date',
  statement:
    "A leader asks a server to take over only when that server's storage has the leader's whole log, unless it was wiped in this " +
    'term, and takes no proposal while it hands over.',
  source: 'Raft thesis, 3.10',
  onStep({ server, input, outputs, before, state }, ghost) {
    const { standing, log } = state;
    for (const { to, message } of outputs.send) {
      if (message.kind !== 'timeoutNow') continue;
      const { members } = ghost.membership;
      if (!ghost.membership.voters.has(to))
        throw new Violation(
          `server ${server} asks ${to} to take over, which is no voter among ${members.join(', ')}`,
        );
      // A server that has lost its storage since it acknowledged the log may still be asked, and is not elected.
      const isWiped = state.currentTerm <= (ghost.wipedIn.get(to) ?? -1);
      if (!isWiped && !ghost.imageOf(to).holds(log.lastIndex, log.lastTerm))
        throw new Violation(
          `server ${server} asks ${to} to take over, which lacks its last entry ${log.lastIndex} of term ${log.lastTerm}`,
        );
    }
    const isHandingOver = standing.role === 'leader' && standing.transfer !== undefined;
    if (isHandingOver && input.kind !== 'transfer' && log.lastIndex !== before.lastIndex)
      throw new Violation(`server ${server} hands its leadership over, and takes a proposal`);
  },
};

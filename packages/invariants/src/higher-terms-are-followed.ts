// A server that ignores a higher term keeps leading without followers: nothing is lost, and nothing commits.
import { senderTermOf, type Message } from '@raftlab/protocol';
import { Violation, type ServerRule, type StepEvent } from './invariant.ts';

export const higherTermsAreFollowed: ServerRule = {
  name: 'Higher terms are followed',
  statement:
    'A server that receives a higher term, in a request or a reply, adopts it and does not lead it. A server that hears its ' +
    'leader may ignore vote requests, unless the leader has asked for the election.',
  source: 'Raft paper, §5.1; Figure 2, Rules for Servers, All Servers 2; thesis 4.2.3, 3.10',
  onStep({ server, input, before, state }) {
    if (input.kind !== 'message') return;
    const { message } = input;
    const term = senderTermOf(message);
    if (term === undefined || term <= before.currentTerm) return;
    if (isWithheld(message, { before, state })) return;
    // A server that is asked to take over is in the election of the next term at once (thesis 3.10).
    if (message.kind === 'timeoutNow' && state.currentTerm === term + 1) return;
    if (state.currentTerm !== term || state.standing.role !== 'follower')
      throw new Violation(
        `server ${server} received term ${term} in ${message.kind} from ${input.from}, and is ` +
          `${state.standing.role} in term ${state.currentTerm}`,
      );
  },
};

/** A request for votes that has changed nothing, on a server that has a leader. */
function isWithheld(message: Message, { before, state }: Pick<StepEvent, 'before' | 'state'>): boolean {
  if (message.kind !== 'requestVote' || message.args.isTransfer === true) return false;
  return before.hasLeader && state.currentTerm === before.currentTerm;
}

// A server that ignores a higher term keeps leading without followers: nothing is lost, and nothing commits.
import { bodyOf } from '@raftlab/protocol';
import { expectThat, type ServerRule } from './invariant.ts';

export const higherTermsAreFollowed: ServerRule = {
  name: 'Higher terms are followed',
  statement: 'A server that receives a higher term, in a request or a reply, adopts it and does not lead it.',
  source: 'Raft paper, §5.1; Figure 2, Rules for Servers, All Servers 2',
  onStep({ server, input, before, state }) {
    if (input.kind !== 'message') return;
    const { message } = input;
    const { term } = bodyOf(message);
    if (term <= before.currentTerm) return;
    expectThat(
      state.currentTerm === term && state.standing.role === 'follower',
      () =>
        `server ${server} received term ${term} in ${message.kind} from ${input.from}, and is ` +
        `${state.standing.role} in term ${state.currentTerm}`,
    );
  },
};

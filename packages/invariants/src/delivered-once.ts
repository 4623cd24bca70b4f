// Looks at what the service really receives, behind the queue of the peer; State Machine Safety looks at what the core hands out.
import { appliedIndexOf, type LogIndex, type ServerId } from '@raftlab/protocol';
import { Violation, type Invariant } from './invariant.ts';

export function deliveredOnce(): Invariant {
  /** By server, in its present life. */
  const lastDelivered = new Map<ServerId, LogIndex>();
  return {
    name: 'Delivered once',
    statement:
      'Within a life of a server its service is handed each committed index once, in order and without a gap but that of a ' +
      'snapshot, and never what is not committed.',
    source: 'Raft paper, §5.3; Figure 2, All Servers 1',
    onStart: (server, state) => void lastDelivered.set(server, state.log.lastIncludedIndex),
    onDeliver(server, message, { lastChosenIndex, chosen }) {
      const index = appliedIndexOf(message);
      const last = lastDelivered.get(server) ?? 0;
      lastDelivered.set(server, index);
      if (!(message.snapshotValid ? index > last : index === last + 1))
        throw new Violation(`the service of server ${server} is handed ${index} after ${last}`);
      if (index > lastChosenIndex)
        throw new Violation(
          `the service of server ${server} is handed ${index}; only ${lastChosenIndex} entries are chosen`,
        );
      if (!message.commandValid) return;
      if (message.commandTerm !== chosen[index]?.term)
        throw new Violation(
          `the service of server ${server} is handed ${index} of term ${message.commandTerm}, where term ` +
            `${chosen[index]?.term} was chosen`,
        );
    },
  };
}

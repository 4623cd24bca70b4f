// What a message takes in the suites whose clients wait for their replies. In the lab a message of a reliable network takes no
// time; such a client would then never let a virtual clock move, and in real time it would do nothing but fill its history.
import type { MessageTime } from '@raftlab/labrpc';

/** What a message takes unless a test says otherwise: about four of them are an operation. */
export const usualMessageTime: MessageTime = { minMs: 0.5, maxMs: 2 };

/**
 * What a message takes in a test with so many clients on a reliable network: longer with more clients, so that all of them
 * together do about as many operations as one client would, several times those of the course's run.
 */
export function messageTimeFor(clients: number): MessageTime {
  const { minMs, maxMs } = usualMessageTime;
  return { minMs: minMs * clients, maxMs: maxMs * clients };
}

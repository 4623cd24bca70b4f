// The time that a message takes in suites whose clients wait for their replies. In the lab a message of a reliable network takes no
// time; then such a client would never let a virtual clock move, and in real time it would only fill its history.
import type { MessageTime } from '@raftlab/labrpc';

/** The default time of a message: an operation takes about four of them. */
export const usualMessageTime: MessageTime = { minMs: 0.5, maxMs: 2 };

/**
 * The time of a message in a test with this many clients on a reliable network: longer with more clients, so that all of them
 * together do about as many operations as one client would, several times those of the course's run.
 */
export function messageTimeFor(clients: number): MessageTime {
  const { minMs, maxMs } = usualMessageTime;
  return { minMs: minMs * clients, maxMs: maxMs * clients };
}

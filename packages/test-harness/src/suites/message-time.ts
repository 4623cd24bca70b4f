// The time that a message takes in suites whose clients wait for their replies. In the lab a message of a reliable network takes no
// time; then such a client would never let a virtual clock move, and in real time it would only fill its history.
import type { MessageTime } from '@raftlab/labrpc';

/**
 * The default time of a message: an operation takes about four of them. So long that a generic test does few more operations than
 * the course's run, each of which costs as much as the next.
 */
export const usualMessageTime: MessageTime = { minMs: 0.9, maxMs: 3.6 };

/**
 * The time of a message in a test with this many clients on a reliable network: longer with more clients, so that all of them
 * together do about as many operations as one client would.
 */
export function messageTimeFor(clients: number): MessageTime {
  const { minMs, maxMs } = usualMessageTime;
  return { minMs: minMs * clients, maxMs: maxMs * clients };
}

// What a peer needs of a network: messages leave one way, and arrive by `Raft.receive`.
import type { Envelope } from './core/outputs.ts';

/**
 * Carries the messages of one peer to the others. A message may be lost, late, doubled, or overtaken by a later one: Raft
 * needs no more than that some arrive. A transport that knows that a message is lost may report it by `Raft.unreachable`,
 * which saves up to a heartbeat interval.
 */
export interface Transport {
  /**
   * Passes a message on, and returns at once. May call the peer back (`receive`, `unreachable`). Must not throw: that stops
   * the peer. A transport that notices later that it cannot go on calls `Raft.transportFailed`. `ticket` names the message in a
   * report to `Raft.unreachable`. On a link that takes time for large messages, an urgent one should overtake those that are
   * not, and these should keep their order.
   */
  send(envelope: Envelope): void;
  /** The peer has ended: it sends nothing more, and ignores what arrives. Called once. */
  close(): void;
}

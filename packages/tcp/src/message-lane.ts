// One lane of Raft's messages to one server: a link and the messages that wait for it. Messages that are known to be lost are
// reported.
import { assert } from '@raftlab/runtime/assert';
import { FrameError, frameKinds } from './frames.ts';
import { Link, type LinkState, type LinkTarget } from './link.ts';
import type { NetworkContext } from './network-context.ts';
import { MessageQueue, type QueuedMessage } from './message-queue.ts';

/** Messages that did not leave, or may not have. */
export type LossReport = (tickets: readonly number[]) => void;

/** A way for messages, in order, to one server. */
export class MessageLane {
  readonly #context: NetworkContext;
  readonly #link: Link;
  readonly #queue: MessageQueue;
  readonly #onLoss: LossReport;
  /** Messages that were written to the connection, but that the system may not have accepted yet. */
  #handedOver: QueuedMessage[] = [];

  constructor(context: NetworkContext, target: LinkTarget, onLoss: LossReport) {
    this.#context = context;
    this.#queue = new MessageQueue(context.limits.queueMaxBytes);
    this.#onLoss = onLoss;
    this.#link = new Link(context, target, {
      onOpen: (connection) => {
        connection.keepLargeBuffers();
        this.#pump();
      },
      onFrame: (kind) => {
        throw new FrameError(`a frame of kind ${kind} on the way back of a lane`);
      },
      onDrain: () => {
        this.#handedOver = [];
        this.#pump();
      },
      onDown: () => this.#lose([...this.#handedOver.splice(0), ...this.#queue.clear()]),
    });
    this.#link.open();
  }

  /** The state of the lane's link. */
  get state(): LinkState {
    return this.#link.state;
  }

  /** Whether what is sent now waits: more is to be sent than the connection takes at a time, or it has not taken the last of it. */
  get isBackedUp(): boolean {
    return this.#link.connection?.isBackedUp === true || this.#queue.length > 0;
  }

  /** Sends a message, or reports it as lost: at once when the server is known to be unreachable. */
  send(message: QueuedMessage): void {
    const { state } = this.#link;
    const { frameMaxBytes } = this.#context.limits;
    assert(message.bytes.length <= frameMaxBytes, () => `a message of ${message.bytes.length} bytes`);
    if (state === 'waiting' || state === 'closed') {
      this.#lose([message]);
      return;
    }
    this.#lose(this.#queue.push(message));
    this.#pump();
  }

  /** The server is known to be reachable. */
  retry(): void {
    this.#link.retry();
  }

  /** Closes the lane for good. Messages that wait are lost without a report. */
  close(): void {
    this.#link.close();
    this.#queue.clear();
  }

  /** Hands messages to the connection, as many as it takes at a time. */
  #pump(): void {
    const { connection } = this.#link;
    if (connection === undefined || connection.isBackedUp) return;
    const { limits, reports } = this.#context;
    while (connection.waitingBytes < limits.writeMaxBytes) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      connection.write(frameKinds.message, message.bytes);
      this.#handedOver.push(message);
      reports.count('messagesSent');
    }
  }

  #lose(messages: readonly QueuedMessage[]): void {
    if (messages.length === 0) return;
    this.#context.reports.count('messagesDropped', messages.length);
    this.#onLoss(messages.map(({ ticket }) => ticket));
  }
}

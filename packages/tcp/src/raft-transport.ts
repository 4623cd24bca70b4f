// The transport of one peer: Raft's messages to every other server, on two lanes each.
import { messageCodec, type Message, type ServerId } from '@raftlab/protocol';
import { CodecError } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import type { ConnectionUser } from './connection.ts';
import type { Address } from './dial.ts';
import { FrameError, frameKinds } from './frames.ts';
import type { LinkState } from './link.ts';
import type { NetworkContext } from './network-context.ts';
import { MessageLane } from './message-lane.ts';

/** What a transport needs of its peer; a `Raft` of @raftlab/raft-core is one. */
export interface MessageReceiver {
  /** A message has arrived. What it throws ends the connection on which it came. */
  receive(from: ServerId, message: Message): void;
  /** A message did not arrive, or may not have. */
  unreachable(to: ServerId, ticket: number): void;
}

/** A message to send; an `Envelope` of @raftlab/raft-core is one. */
export interface OutgoingMessage {
  readonly to: ServerId;
  readonly message: Message;
  /** Identifies the message in a report to `MessageReceiver.unreachable`. */
  readonly ticket: number;
  /** Whether it should overtake messages that are not urgent; these keep their order. */
  readonly isUrgent: boolean;
}

interface Lanes {
  readonly main: MessageLane;
  readonly express: MessageLane;
}

/**
 * Carries the messages of one server, as `Transport` of @raftlab/raft-core asks. A lane keeps the order of its messages, loses
 * those that wait when its connection ends, and delivers none twice.
 *
 * Messages use the main lane unless data is queued there; then urgent messages (heartbeats, votes, replies) use the express
 * lane, and so overtake the data.
 */
export class RaftTransport {
  readonly #context: NetworkContext;
  readonly #lanes: ReadonlyMap<ServerId, Lanes>;
  #receiver: MessageReceiver | undefined;
  #isClosed = false;

  /** Begins to connect to the others at once. */
  constructor(context: NetworkContext, me: ServerId, others: ReadonlyMap<ServerId, Address>) {
    assert(!others.has(me), () => `server ${me} sends itself no message`);
    this.#context = context;
    this.#lanes = new Map(
      [...others].map(([to, address]) => {
        const onLoss = (tickets: readonly number[]): void => {
          for (const ticket of tickets) this.#receiver?.unreachable(to, ticket);
        };
        const lane = (purpose: 'main' | 'express'): MessageLane =>
          new MessageLane(context, { address, hello: { from: me, to, purpose }, isKept: true }, onLoss);
        return [to, { main: lane('main'), express: lane('express') }];
      }),
    );
  }

  /** Passes what arrives to this peer from now on. What arrived before is lost. */
  connect(receiver: MessageReceiver): void {
    assert(this.#receiver === undefined, 'a transport is connected once');
    this.#receiver = receiver;
  }

  /** Sends a message, or reports it with its ticket to the peer. Never throws for a fault of the network. */
  send({ to, message, ticket, isUrgent }: OutgoingMessage): void {
    if (this.#isClosed) return;
    const lanes = this.#lanes.get(to);
    assert(lanes !== undefined, () => `${message.kind} to server ${to}, whose address is not known`);
    const bytes = messageCodec.encode(message);
    if (bytes.length > this.#context.limits.frameMaxBytes) {
      this.#context.reports.count('messagesDropped');
      this.#receiver?.unreachable(to, ticket);
      return;
    }
    assert(bytes.length > 1, 'a message has a kind and a body');
    const overtakes = isUrgent && lanes.main.isBackedUp && lanes.express.state === 'open';
    (overtakes ? lanes.express : lanes.main).send({ bytes, ticket });
  }

  /** Sends nothing more, and passes nothing more on. */
  close(): void {
    this.#isClosed = true;
    for (const { main, express } of this.#lanes.values()) {
      main.close();
      express.close();
    }
  }

  // ---- for the network ----

  /** Whether this server's messages are for the transport's peer. */
  has(server: ServerId): boolean {
    return this.#lanes.has(server);
  }

  /** The server has connected to this one, so it is reachable: tries to reach it at once. */
  retry(server: ServerId): void {
    const lanes = this.#lanes.get(server);
    lanes?.main.retry();
    lanes?.express.retry();
  }

  /** The states of the lanes to each server. */
  states(): ReadonlyMap<ServerId, Readonly<Record<'main' | 'express', LinkState>>> {
    return new Map(
      [...this.#lanes].map(([to, { main, express }]) => [to, { main: main.state, express: express.state }]),
    );
  }

  /** What takes the frames of a connection from another server. */
  userFor(from: ServerId, onClose: ConnectionUser['onClose']): ConnectionUser {
    assert(this.has(from), () => `server ${from} is not one of the others`);
    return { onFrame: (kind, body) => this.#onFrame(from, kind, body), onClose };
  }

  #onFrame(from: ServerId, kind: number, body: Buffer): void {
    if (kind !== frameKinds.message) throw new FrameError(`a frame of kind ${kind} on a lane of messages`);
    const message = decodeMessage(body);
    if (this.#isClosed || this.#receiver === undefined) return;
    this.#context.reports.count('messagesReceived');
    try {
      this.#receiver.receive(from, message);
    } catch (error) {
      // No member of this cluster can have sent it.
      throw new FrameError(error instanceof Error ? error.message : String(error));
    }
  }
}

function decodeMessage(body: Buffer): Message {
  try {
    return messageCodec.decode(body);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new FrameError(error.message);
  }
}

// Records calls as messages: requests and replies, with their arrival or the reason of their loss. The network reports calls as
// bytes. Their fields are recorded at the ends, before they are encoded: decoding the bytes a second time would cost more than
// the rest of recording.
import type { NetworkEvent } from '@raftlab/labrpc';
import { splitMethodName, type ClientEnd, type Codec, type Method } from '@raftlab/rpc';
import type { MessageFields, TraceEvent } from './trace-event.ts';
import type { ServerId } from '@raftlab/protocol';
import { fieldsOf } from './message-fields.ts';

export interface Link {
  readonly from: ServerId;
  readonly to: ServerId;
}

/** A reply in flight: its fields are filled in when its caller decodes it. */
interface SentReply {
  readonly id: number;
  fields: MessageFields;
}

/**
 * The messages of one `call` on an end: one request, or two if the network duplicates it. The caller also decodes the
 * reply with it, so that the reply is recorded without being decoded twice.
 */
class Outgoing<Reply = unknown> implements Codec<Reply> {
  readonly link: Link;
  /** The name in events: without the service. */
  readonly message: string;
  readonly fields: MessageFields;
  readonly #reply: Codec<Reply>;
  /** The reply that has arrived and is decoded next: its caller decodes it immediately. */
  #arrived: SentReply | undefined;

  constructor(link: Link, { name, reply }: Pick<Method<unknown, Reply>, 'name' | 'reply'>, args: unknown) {
    this.link = link;
    [, this.message] = splitMethodName(name);
    this.fields = fieldsOf(args);
    this.#reply = reply;
  }

  get name(): string {
    return this.#reply.name;
  }

  encode(reply: Reply): Uint8Array {
    return this.#reply.encode(reply);
  }

  /** The caller decodes a reply that has arrived. */
  decode(bytes: Uint8Array): Reply {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    const reply = this.#reply.decode(bytes);
    if (arrived !== undefined) arrived.fields = fieldsOf(reply);
    return reply;
  }

  arrive(reply: SentReply): void {
    this.#arrived = reply;
  }

  /** Decodes a reply that its caller never decodes. */
  fieldsOf(bytes: Uint8Array): MessageFields {
    try {
      return fieldsOf(this.#reply.decode(bytes));
    } catch {
      // Its caller would have failed with this error; here the message is only lost.
      return { unreadableBytes: bytes.length };
    }
  }
}

interface Call {
  readonly outgoing: Outgoing;
  readonly requestId: number;
  /** In flight, delayed by the network. */
  delayed: { readonly reply: SentReply; readonly bytes: Uint8Array } | undefined;
}

const unread: MessageFields = {};

export interface CallRecorderOptions {
  /** Milliseconds since the run began. */
  readonly now: () => number;
  readonly keep: (event: TraceEvent) => void;
  /** Why no message passes along a link at this moment; undefined if one may. */
  readonly whyApart: (link: Link) => string | undefined;
}

export class CallRecorder {
  readonly #options: CallRecorderOptions;
  /** The pending ones, by the network's number. */
  readonly #calls = new Map<number, Call>();
  /** The call that is entering the network, which happens before `call` returns. */
  #leaving: Outgoing | undefined;
  #messageCount = 0;

  constructor(options: CallRecorderOptions) {
    this.#options = options;
  }

  /** The same end, with its calls recorded. */
  watch(end: ClientEnd, link: Link): ClientEnd {
    return {
      call: (method, args) => {
        const outgoing = new Outgoing(link, method, args);
        this.#leaving = outgoing;
        try {
          return end.call({ name: method.name, args: method.args, reply: outgoing }, args);
        } finally {
          this.#leaving = undefined;
        }
      },
    };
  }

  onEvent(event: NetworkEvent): void {
    const { callId } = event;
    if (event.kind === 'sent') {
      this.#onSent(callId);
      return;
    }
    const call = this.#calls.get(callId);
    // Otherwise it is a call of the test itself.
    if (call === undefined) return;
    const { link } = call.outgoing;
    switch (event.kind) {
      case 'undeliverable':
        this.#lose(callId, call.requestId, this.#options.whyApart(link) ?? 'no server can be reached');
        break;
      case 'requestDropped':
        this.#lose(callId, call.requestId, this.#options.whyApart(link) ?? 'lost by the network');
        break;
      case 'dispatched':
        this.#receive(call.requestId);
        break;
      case 'refused':
        // The handler may not have answered; the call has ended anyway.
        if (event.replyBytes !== undefined) this.#loseReply(callId, call, event.replyBytes);
        this.#calls.delete(callId);
        break;
      case 'unanswered':
      case 'faulted':
        this.#calls.delete(callId);
        break;
      case 'replyDropped':
        this.#loseReply(callId, call, event.bytes);
        break;
      case 'replyDelayed':
        call.delayed = { reply: this.#sendReply(call), bytes: event.bytes };
        break;
      case 'delivered': {
        const reply = call.delayed?.reply ?? this.#sendReply(call);
        this.#receive(reply.id);
        call.outgoing.arrive(reply);
        this.#calls.delete(callId);
        break;
      }
    }
  }

  /** Decodes the replies that are still in flight, which no caller has decoded. */
  readRest(): void {
    for (const { outgoing, delayed } of this.#calls.values()) {
      if (delayed !== undefined) delayed.reply.fields = outgoing.fieldsOf(delayed.bytes);
    }
  }

  #onSent(callId: number): void {
    const outgoing = this.#leaving;
    if (outgoing === undefined) return;
    const { link, message: name, fields } = outgoing;
    const requestId = this.#messageCount++;
    this.#calls.set(callId, { outgoing, requestId, delayed: undefined });
    const at = this.#options.now();
    this.#options.keep({
      kind: 'send',
      at,
      id: requestId,
      from: link.from,
      to: link.to,
      name,
      isReply: false,
      fields,
    });
  }

  #sendReply({ outgoing, requestId }: Call): SentReply {
    const { link, message: name } = outgoing;
    const event = {
      kind: 'send' as const,
      at: this.#options.now(),
      id: this.#messageCount++,
      from: link.to,
      to: link.from,
      name,
      isReply: true,
      answers: requestId,
      fields: unread,
    };
    this.#options.keep(event);
    return event;
  }

  /** The caller never decodes a lost reply. */
  #loseReply(callId: number, call: Call, bytes: Uint8Array): void {
    const { from, to } = call.outgoing.link;
    const reply = call.delayed?.reply ?? this.#sendReply(call);
    reply.fields = call.outgoing.fieldsOf(bytes);
    const why = this.#options.whyApart({ from: to, to: from });
    this.#lose(callId, reply.id, why ?? 'lost by the network');
  }

  #receive(id: number): void {
    this.#options.keep({ kind: 'receive', at: this.#options.now(), id });
  }

  #lose(callId: number, id: number, why: string): void {
    this.#options.keep({ kind: 'lose', at: this.#options.now(), id, why });
    this.#calls.delete(callId);
  }
}

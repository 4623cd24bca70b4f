// Records calls as the messages that they are made of: requests and replies, what arrived, and what was lost and why. The
// network tells of calls; what they say is seen at the ends, where it is no bytes yet: reading bytes a second time would
// cost more than all the rest of recording.
import type { NetworkEvent } from '@raftlab/labrpc';
import type { ClientEnd, MessageFields, ServerId, TraceEvent } from '@raftlab/protocol';
import { fieldsOf } from './message-fields.ts';

export interface Link {
  readonly from: ServerId;
  readonly to: ServerId;
}

/** A reply that has left. What it says is filled in when its caller reads it. */
interface SentReply {
  readonly bytes: Uint8Array;
  readonly event: { readonly id: number; fields: MessageFields };
}

/** What one `call` on an end sends: one request, or two where the network doubles it. */
interface Outgoing {
  readonly link: Link;
  readonly name: string;
  readonly fields: MessageFields;
  readonly read: (bytes: Uint8Array) => MessageFields;
  /** Those that have arrived. */
  readonly replies: SentReply[];
}

interface Call {
  readonly outgoing: Outgoing;
  readonly requestId: number;
  reply: SentReply | undefined;
}

const unread: MessageFields = {};

export interface CallRecorderOptions {
  /** Milliseconds since the run began. */
  readonly now: () => number;
  readonly keep: (event: TraceEvent) => void;
  /** Why nothing passes along a link at this moment; undefined when something might. */
  readonly whyApart: (link: Link) => string | undefined;
}

export class CallRecorder {
  readonly #options: CallRecorderOptions;
  /** Those under way, by the network's number. */
  readonly #calls = new Map<number, Call>();
  /** What is entering the network: it does so before `call` returns. */
  #leaving: Outgoing | undefined;
  #messageCount = 0;

  constructor(options: CallRecorderOptions) {
    this.#options = options;
  }

  /** The end as it is, heard. */
  watch(end: ClientEnd, link: Link): ClientEnd {
    return {
      call: (method, args) => {
        const outgoing: Outgoing = {
          link,
          name: method.name.slice(method.name.lastIndexOf('.') + 1),
          fields: fieldsOf(args),
          read: (bytes) => fieldsOf(method.reply.decode(bytes)),
          replies: [],
        };
        this.#leaving = outgoing;
        try {
          return end.call(
            {
              name: method.name,
              args: method.args,
              reply: {
                name: method.reply.name,
                encode: (reply) => method.reply.encode(reply),
                decode(bytes) {
                  const reply = method.reply.decode(bytes);
                  fillIn(outgoing, bytes, reply);
                  return reply;
                },
              },
            },
            args,
          );
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
        this.#lose(callId, call.requestId, this.#options.whyApart(link) ?? 'nobody can be reached');
        break;
      case 'requestDropped':
        this.#lose(callId, call.requestId, this.#options.whyApart(link) ?? 'lost by the network');
        break;
      case 'dispatched':
        this.#receive(call.requestId);
        break;
      case 'refused':
        // The handler may not have answered; the call is over all the same.
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
        call.reply = this.#sendReply(call, event.bytes);
        break;
      case 'delivered': {
        const reply = call.reply ?? this.#sendReply(call, event.bytes);
        this.#receive(reply.event.id);
        // Its caller is about to read it.
        call.outgoing.replies.push(reply);
        this.#calls.delete(callId);
        break;
      }
    }
  }

  /** Reads the replies that are still on their way, which nobody else has read. */
  readRest(): void {
    for (const { outgoing, reply } of this.#calls.values()) {
      if (reply?.event.fields === unread) reply.event.fields = read(outgoing, reply.bytes);
    }
  }

  #onSent(callId: number): void {
    const outgoing = this.#leaving;
    if (outgoing === undefined) return;
    const { link, name, fields } = outgoing;
    const requestId = this.#messageCount++;
    this.#calls.set(callId, { outgoing, requestId, reply: undefined });
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

  #sendReply({ outgoing, requestId }: Call, bytes: Uint8Array): SentReply {
    const { link, name } = outgoing;
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
    return { bytes, event };
  }

  /** What is lost its caller never reads. */
  #loseReply(callId: number, call: Call, bytes: Uint8Array): void {
    const { from, to } = call.outgoing.link;
    const { event } = call.reply ?? this.#sendReply(call, bytes);
    event.fields = read(call.outgoing, bytes);
    const why = this.#options.whyApart({ from: to, to: from });
    this.#lose(callId, event.id, why ?? 'lost by the network');
  }

  #receive(id: number): void {
    this.#options.keep({ kind: 'receive', at: this.#options.now(), id });
  }

  #lose(callId: number, id: number, why: string): void {
    this.#options.keep({ kind: 'lose', at: this.#options.now(), id, why });
    this.#calls.delete(callId);
  }
}

/** The caller has read a reply. */
function fillIn({ replies }: Outgoing, bytes: Uint8Array, reply: unknown): void {
  const sent = replies.find((candidate) => candidate.bytes === bytes);
  if (sent !== undefined) sent.event.fields = fieldsOf(reply);
}

function read(outgoing: Outgoing, bytes: Uint8Array): MessageFields {
  try {
    return outgoing.read(bytes);
  } catch {
    // Its caller would have failed on it, and said so; here it is only lost.
    return { unreadableBytes: bytes.length };
  }
}

// Reads what a network told of its calls as messages: a request, and the reply that answers it. Nothing is read while the
// run is under way: that costs more than all the rest of recording.
import type { NetworkEvent } from '@raftlab/labrpc';
import type { CallResult, ClientEnd, Method, ServerId, TraceEvent } from '@raftlab/protocol';
import { fieldsOf } from './message-fields.ts';

export interface Link {
  readonly from: ServerId;
  readonly to: ServerId;
}

type AnyMethod = Pick<Method<unknown, unknown>, 'args' | 'reply'>;

export class CallReader {
  readonly #links = new Map<string, Link>();
  readonly #methods = new Map<string, AnyMethod>();

  /** The end as it is, but what is called on it becomes known: bytes alone do not say what they mean. */
  watch(end: ClientEnd, endName: string, link: Link): ClientEnd {
    this.#links.set(endName, link);
    return {
      call: <Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>> => {
        this.#methods.set(method.name, method);
        return end.call(method, args);
      },
    };
  }

  /** The messages that the events tell of, in their places, with times from `beganAt` on. */
  read(events: Iterable<OtherEvent | NetworkEvent>, beganAt: number): TraceEvent[] {
    const messages = new Messages();
    for (const event of events) {
      if (!('callId' in event)) {
        messages.events.push(event);
        continue;
      }
      const link = this.#links.get(event.endName);
      const method = this.#methods.get(event.methodName);
      // Otherwise it is a call of the test itself.
      if (link !== undefined && method !== undefined) {
        messages.add(event, { ...link, method, at: event.at - beganAt });
      }
    }
    return messages.events;
  }
}

type OtherEvent = Exclude<TraceEvent, { kind: 'send' | 'receive' | 'lose' }>;

interface Context extends Link {
  readonly method: AnyMethod;
  readonly at: number;
}

class Messages {
  readonly events: TraceEvent[] = [];
  /** Those under way: the end of a message whose beginning was not kept is left out. */
  readonly #sent = new Set<number>();

  add(event: NetworkEvent, context: Context): void {
    const { at } = context;
    const request = 2 * event.callId;
    const reply = request + 1;
    switch (event.kind) {
      case 'sent':
        this.#send(request, event, context);
        break;
      case 'dispatched':
        this.#receive(request, at);
        break;
      case 'undeliverable':
        this.#lose(request, at, 'nobody can be reached');
        break;
      case 'requestDropped':
        this.#lose(request, at, 'lost by the network');
        break;
      case 'replyDropped':
        if (!this.#sent.has(reply)) this.#send(reply, event, context);
        this.#lose(reply, at, 'lost by the network');
        break;
      case 'replyDelayed':
        this.#send(reply, event, context);
        break;
      case 'delivered':
        if (!this.#sent.has(reply)) this.#send(reply, event, context);
        this.#receive(reply, at);
        break;
      case 'refused':
      case 'unanswered':
      case 'faulted':
        break; // the request has arrived, and nothing came of it
    }
  }

  #send(id: number, { methodName, bytes }: NetworkEvent, { from, to, method, at }: Context): void {
    this.#sent.add(id);
    const name = methodName.slice(methodName.lastIndexOf('.') + 1);
    const isReply = id % 2 === 1;
    if (isReply) {
      const fields = fieldsOf(method.reply.decode(bytes));
      this.events.push({ kind: 'send', at, id, from: to, to: from, name, isReply, answers: id - 1, fields });
    } else {
      const fields = fieldsOf(method.args.decode(bytes));
      this.events.push({ kind: 'send', at, id, from, to, name, isReply, fields });
    }
  }

  #receive(id: number, at: number): void {
    if (this.#sent.delete(id)) this.events.push({ kind: 'receive', at, id });
  }

  #lose(id: number, at: number, why: string): void {
    if (this.#sent.delete(id)) this.events.push({ kind: 'lose', at, id, why });
  }
}

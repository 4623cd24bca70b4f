// Raft's messages over a network of calls and replies, as the lab's is: a request leaves as a call, the reply to the call
// arrives as a message; a call from another server arrives as a message, and the message that answers it is its reply.
import { bind, makeService, type BoundMethod, type ClientEnd, type Method, type Service } from '@raftlab/rpc';
import {
  isRequest,
  messageOf,
  raftMethods,
  raftServiceName,
  requestKinds,
  requestTable,
  senderOf,
  type ReplyBody,
  type ReplyKind,
  type ReplyMessage,
  type RequestBody,
  type RequestKind,
  type RequestMessage,
  type ServerId,
} from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { Envelope } from '../core/outputs.ts';
import { ContractError } from '../errors.ts';
import type { Raft } from '../raft.ts';
import { isThenable } from '../thenable.ts';
import type { Transport } from '../transport.ts';

/**
 * The most calls to one server that may wait for their reply. At the bound the oldest is given up: it is reported as lost, and
 * a reply that still comes is ignored, so that a network whose calls hang for ever costs no more than this. A leader makes
 * six or seven calls a second to a server that is silent. The lab's network gives up after 7 s: its tests reach 66, the
 * simulation's swarm 189.
 */
const outstandingCallsMax = 256;

/** The most calls of others that may wait for their reply here, for storage to be written. More get no answer. */
const unansweredCallsMax = 1024;

/** What a call may return, in words. */
const allowedResult = 'a promise of { ok: true, reply } or { ok: false }';

function isCallResult(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'ok' in result && typeof result.ok === 'boolean';
}

/** A call of another server that was not answered yet. */
interface UnansweredCall {
  readonly from: ServerId;
  readonly answeredBy: ReplyKind;
  /** Undefined: there will be no reply. */
  answer(reply: ReplyBody | undefined): void;
}

/** A call to another server that was not settled yet. */
interface OutstandingCall {
  readonly ticket: number;
}

/** What the transport needs of its peer. */
export type Receiver = Pick<Raft, 'receive' | 'unreachable' | 'transportFailed'>;

/** The lab's adapter: one peer's messages as calls on its client ends, and its service. */
export class RpcTransport implements Transport {
  /** Raft's remote calls on this peer, to be offered to the others under the lab's service name. */
  readonly service: Service;
  readonly #ends: readonly ClientEnd[];
  #receiver: Receiver | undefined;
  /** By server: the calls to it that wait for their reply, oldest first. */
  readonly #outstanding: ReadonlyArray<Set<OutstandingCall>>;
  /** Oldest first. The core answers the requests of one kind and server in the order in which they came. */
  readonly #unanswered: UnansweredCall[] = [];
  #isClosed = false;

  /** `ends[j]` reaches server j. */
  constructor(ends: readonly ClientEnd[]) {
    this.#ends = ends;
    this.#outstanding = ends.map(() => new Set());
    this.service = makeService(
      raftServiceName,
      requestKinds.map((kind) => this.#bind(kind)),
    );
  }

  /** Passes what arrives to this peer from now on. Before that nothing may arrive. */
  connect(receiver: Receiver): void {
    assert(this.#receiver === undefined, 'a transport is connected once');
    this.#receiver = receiver;
  }

  send({ to, message, ticket }: Envelope): void {
    if (isRequest(message)) this.#call(to, message, ticket);
    else this.#answer(to, message);
  }

  /** Calls that wait get no reply, and so do those that come later. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#unanswered.splice(0)) call.answer(undefined);
  }

  // ---- our calls ----

  #call(to: ServerId, { kind, args }: RequestMessage, ticket: number): void {
    const end = this.#ends[to];
    const outstanding = this.#outstanding[to];
    assert(
      end !== undefined && outstanding !== undefined,
      () => `${kind} to server ${to}; there are ${this.#ends.length}`,
    );
    const receiver = this.#receiverNow();
    assert(!this.#isClosed, 'a closed transport sends nothing');
    const [oldest] = outstanding;
    if (oldest !== undefined && outstanding.size >= outstandingCallsMax) {
      outstanding.delete(oldest);
      receiver.unreachable(to, oldest.ticket);
    }
    const { answeredBy } = requestTable[kind];
    const method: Method<RequestBody, ReplyBody> = raftMethods[kind];
    const settled = end.call(method, args);
    if (!isThenable(settled)) throw new ContractError('call', settled, allowedResult);
    const call: OutstandingCall = { ticket };
    outstanding.add(call);
    assert(outstanding.size <= outstandingCallsMax, 'more calls wait than may');
    Promise.resolve(settled).then(
      (result) => {
        // A call that was given up is reported already.
        if (!outstanding.delete(call)) return;
        if (!isCallResult(result)) receiver.transportFailed(new ContractError('call', result, allowedResult));
        else if (result.ok) receiver.receive(to, messageOf(answeredBy, result.reply));
        else receiver.unreachable(to, ticket);
      },
      // A call that rejects is a fault that the network reports itself; for Raft the message is lost like any other.
      () => {
        if (outstanding.delete(call)) receiver.unreachable(to, ticket);
      },
    );
  }

  // ---- calls of others ----

  #bind(kind: RequestKind): BoundMethod {
    const method: Method<RequestBody, ReplyBody> = raftMethods[kind];
    return bind(method, (args) => this.#receive(messageOf(kind, args)));
  }

  /** The reply, at once where storage is as fast as that. */
  #receive(request: RequestMessage): ReplyBody | undefined | Promise<ReplyBody | undefined> {
    if (this.#isClosed || this.#unanswered.length >= unansweredCallsMax) return undefined;
    let isAnswered = false;
    let answered: ReplyBody | undefined;
    let resolve: ((reply: ReplyBody | undefined) => void) | undefined;
    const call: UnansweredCall = {
      from: senderOf(request),
      answeredBy: requestTable[request.kind].answeredBy,
      answer(reply) {
        isAnswered = true;
        answered = reply;
        resolve?.(reply);
      },
    };
    this.#unanswered.push(call);
    try {
      this.#receiverNow().receive(call.from, request);
    } catch (error) {
      this.#take(call);
      throw error;
    }
    if (isAnswered) return answered;
    return new Promise((onAnswer) => {
      resolve = onAnswer;
    });
  }

  #answer(to: ServerId, { kind, reply }: ReplyMessage): void {
    const call = this.#unanswered.find(({ from, answeredBy }) => from === to && answeredBy === kind);
    if (call === undefined) return;
    this.#take(call);
    call.answer(reply);
  }

  #take(call: UnansweredCall): void {
    const offset = this.#unanswered.indexOf(call);
    if (offset >= 0) this.#unanswered.splice(offset, 1);
  }

  #receiverNow(): Receiver {
    const receiver = this.#receiver;
    assert(receiver !== undefined, 'a transport carries messages once its peer is connected');
    return receiver;
  }
}

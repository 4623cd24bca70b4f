// The calls of one side to one server: their numbers, their deadlines, and the outcome of a call without a reply.
import type { ServerId } from '@raftlab/protocol';
import type { ClientEnd, EndCallOptions, Method } from '@raftlab/rpc';
import type { CancelSignal, Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { Connection } from './connection.ts';
import { decodeFailure, nameBytes, readAnswer, type FailureCode } from './call-frames.ts';
import type { Address } from './dial.ts';
import { FrameError, frameKinds, numberSizeBytes } from './frames.ts';
import { Link, type LinkState } from './link.ts';
import type { NetworkContext } from './network-context.ts';
import { PendingCalls, type NumberedCall } from './pending-calls.ts';

/**
 * Why a call is not ok:
 * - `unreachable`: the server was not reached; the handler was not called;
 * - `busy`: too many calls, or bytes, wait on this side or on the server; the handler was not called;
 * - `lost`: the connection was lost while the call was under way;
 * - `declined`: the handler does not answer;
 * - `deadline`: the call took too long;
 * - `aborted`: its signal was aborted;
 * - `closed`: this side was closed.
 *
 * Except for the first two it is unknown whether the handler ran.
 */
export type CallLoss = 'unreachable' | 'busy' | 'lost' | 'declined' | 'deadline' | 'aborted' | 'closed';

/** The outcome of a call over the network: a `CallResult` with the reason for which there is no reply. */
export type TcpCallResult<Reply> =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly reason: CallLoss };

/** The options of one call. */
export interface CallOptions extends EndCallOptions {
  /** How long it may take, in ms; `callMaxMs` of the limits unless set. */
  readonly deadlineMs?: number;
  /** Ends the wait: the call is then not ok. The server may still execute it. Every AbortSignal is one. */
  readonly signal?: CancelSignal;
}

/** A call that the server refused because of a mistake in a program, here or there, or because this client may not make it. */
export class CallError extends Error {
  override readonly name: string = 'CallError';
  readonly method: string;
  readonly server: ServerId;
  readonly code: Extract<FailureCode, 'unknown-method' | 'denied' | 'failed'> | 'too-large';

  constructor(method: string, server: ServerId, code: CallError['code'], message: string) {
    super(`the call of ${method} to server ${server} failed: ${message}`);
    this.method = method;
    this.server = server;
    this.code = code;
  }
}

/** How the promise of a call is settled. */
interface Settling<Reply> {
  resolve(result: TcpCallResult<Reply>): void;
  reject(error: unknown): void;
}

/** A call that has not ended. */
class PendingCall<Reply = unknown> implements NumberedCall {
  number = 0;
  readonly method: Pick<Method<unknown, Reply>, 'name' | 'reply'>;
  /** By the clock. */
  readonly deadline: number;
  /** The encoded arguments, until there is a connection to send them on. */
  unsent: Uint8Array | undefined;
  /** Removes the listener from the signal of the call; undefined when it has no signal. */
  unwatch: (() => void) | undefined;
  readonly #settling: Settling<Reply>;

  constructor(method: PendingCall<Reply>['method'], deadline: number, settling: Settling<Reply>) {
    this.method = method;
    this.deadline = deadline;
    this.#settling = settling;
  }

  onReply(bytes: Buffer): void {
    this.unwatch?.();
    try {
      this.#settling.resolve({ ok: true, reply: this.method.reply.decode(bytes) });
    } catch (error) {
      this.#settling.reject(error);
    }
  }

  onLoss(reason: CallLoss): void {
    this.unwatch?.();
    this.#settling.resolve({ ok: false, reason });
  }

  onError(error: Error): void {
    this.unwatch?.();
    this.#settling.reject(error);
  }
}

/** One way to call one server. Connects when the first call is made, and again after the connection was lost. */
export class TcpClientEnd implements ClientEnd {
  readonly endsCalls = true;
  readonly #context: NetworkContext;
  readonly #server: ServerId;
  readonly #link: Link;
  readonly #names = new WeakMap<object, Uint8Array>();
  readonly #pending = new PendingCalls<PendingCall>();
  #unsentBytes = 0;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(
    context: NetworkContext,
    { from, server, address }: { from: ServerId | null; server: ServerId; address: Address },
  ) {
    this.#context = context;
    this.#server = server;
    const hello = { from, to: server, purpose: 'calls' } as const;
    this.#link = new Link(
      context,
      { address, hello, isKept: false },
      {
        onOpen: (connection) => this.#sendUnsent(connection),
        onFrame: (kind, body) => this.#onFrame(kind, body),
        onDrain: () => undefined,
        onDown: ({ wasOpen }) => this.#loseAll(wasOpen ? 'lost' : 'unreachable'),
      },
    );
  }

  /** The state of the connection. */
  get state(): LinkState {
    return this.#link.state;
  }

  /**
   * See `ClientEnd`. A call that is not ok has a reason. Rejects with a CodecError for arguments or a reply that the method's codecs
   * reject, with a RangeError for a deadline that is no finite number, and with a CallError when the server does not have the method or
   * denies it to this client, its handler fails, or the arguments are too large.
   */
  call<Args, Reply>(
    method: Method<Args, Reply>,
    args: Args,
    { deadlineMs = this.#context.limits.callMaxMs, signal }: CallOptions = {},
  ): Promise<TcpCallResult<Reply>> {
    return new Promise((resolve, reject) => {
      if (!Number.isFinite(deadlineMs))
        throw new RangeError(`deadlineMs must be a finite number of milliseconds, got ${deadlineMs}.`);
      const bytes = method.args.encode(args);
      const name = this.#nameOf(method);
      const refusal = this.#refusal(bytes.length, signal);
      if (refusal !== undefined) {
        resolve({ ok: false, reason: refusal });
        return;
      }
      this.#checkSize(method.name, name.length + bytes.length);
      const deadline = this.#context.clock.now() + deadlineMs;
      const pending = new PendingCall<Reply>(method, deadline, { resolve, reject });
      this.#pending.add(pending);
      if (signal !== undefined) {
        const onAbort = (): void => this.#lose(pending.number, 'aborted');
        signal.addEventListener('abort', onAbort, { once: true });
        pending.unwatch = () => signal.removeEventListener('abort', onAbort);
      }
      this.#watchDeadline(deadline);
      const { connection } = this.#link;
      if (connection !== undefined) {
        connection.write(frameKinds.call, pending.number, name, bytes);
        return;
      }
      pending.unsent = bytes;
      this.#unsentBytes += bytes.length;
      this.#link.open();
    });
  }

  /** Ends the connection for good. Calls that are pending are not ok. */
  close(): void {
    this.#link.close();
    this.#timer?.cancel();
    this.#loseAll('closed');
  }

  /** Why a call is not even tried; undefined when it is. */
  #refusal(sizeBytes: number, signal: CancelSignal | undefined): CallLoss | undefined {
    const { callsInFlightMax, queueMaxBytes } = this.#context.limits;
    if (signal?.aborted === true) return 'aborted';
    if (this.#link.state === 'closed') return 'closed';
    if (this.#link.state === 'waiting') return 'unreachable';
    const waitingBytes = this.#unsentBytes + (this.#link.connection?.waitingBytes ?? 0);
    const isFull = this.#pending.size >= callsInFlightMax || waitingBytes + sizeBytes > queueMaxBytes;
    return isFull ? 'busy' : undefined;
  }

  #checkSize(method: string, sizeBytes: number): void {
    const { frameMaxBytes } = this.#context.limits;
    if (numberSizeBytes + sizeBytes <= frameMaxBytes) return;
    const message = `it has ${sizeBytes} bytes, and a frame at most ${frameMaxBytes}; send less, or raise frameMaxBytes on both sides`;
    throw new CallError(method, this.#server, 'too-large', message);
  }

  #nameOf(method: { readonly name: string }): Uint8Array {
    const known = this.#names.get(method);
    if (known !== undefined) return known;
    const name = nameBytes(method.name);
    this.#names.set(method, name);
    return name;
  }

  #sendUnsent(connection: Connection): void {
    for (const number of this.#pending.numbers()) {
      const call = this.#pending.get(number);
      assert(call?.unsent !== undefined, () => `call ${number} cannot be sent`);
      connection.write(frameKinds.call, number, this.#nameOf(call.method), call.unsent);
      this.#unsentBytes -= call.unsent.length;
      call.unsent = undefined;
    }
  }

  #onFrame(kind: number, body: Buffer): void {
    const { number, rest } = readAnswer(body);
    if (kind === frameKinds.reply) {
      this.#take(number)?.onReply(rest);
      return;
    }
    if (kind !== frameKinds.failure) throw new FrameError(`a frame of kind ${kind} as an answer to calls`);
    const { code, message } = decodeFailure(rest);
    const call = this.#take(number);
    if (code === 'declined' || code === 'busy') call?.onLoss(code);
    else call?.onError(new CallError(call.method.name, this.#server, code, message));
  }

  /** Removes a call from those that are pending. A reply that comes too late finds none. */
  #take(number: number): PendingCall | undefined {
    const call = this.#pending.take(number);
    if (call === undefined) return undefined;
    const unsentBytes = call.unsent?.length ?? 0;
    assert(this.#unsentBytes >= unsentBytes, 'unsent bytes are counted');
    this.#unsentBytes -= unsentBytes;
    return call;
  }

  #lose(number: number, reason: CallLoss): void {
    this.#take(number)?.onLoss(reason);
  }

  #loseAll(reason: CallLoss): void {
    for (const number of this.#pending.numbers()) this.#lose(number, reason);
    assert(this.#unsentBytes === 0, () => `${this.#unsentBytes} bytes wait for no call`);
  }

  // ---- deadlines: one timer for all calls, at the earliest of them ----

  #watchDeadline(at: number): void {
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    assert(at < Infinity, 'every call has a deadline');
    this.#timerAt = at;
    const { clock } = this.#context;
    this.#timer = clock.setTimer(Math.max(0, at - clock.now()), () => this.#onDeadline());
  }

  #onDeadline(): void {
    this.#timerAt = Infinity;
    const now = this.#context.clock.now();
    let next = Infinity;
    for (const number of this.#pending.numbers()) {
      const deadline = this.#pending.get(number)?.deadline ?? Infinity;
      if (deadline <= now) this.#lose(number, 'deadline');
      else next = Math.min(next, deadline);
    }
    assert(next > now, 'a call has outlived its deadline');
    if (next < Infinity) this.#watchDeadline(next);
  }
}

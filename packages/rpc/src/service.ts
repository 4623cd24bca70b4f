// Typed remote calls: a method is a name and two codecs; a service is a named set of methods with their handlers; a client end
// calls the services of one server. Networks, simulated or real, implement ClientEnd and call BoundMethod.dispatch.
import type { CancelSignal } from '@raftlab/runtime/clock';
import { assert } from '@raftlab/runtime/assert';
import type { z } from 'zod';
import { valueCodec, type Codec } from './codec.ts';

/** The signature of a remote procedure: what the caller and the server must agree on. */
export interface Method<Args, Reply> {
  /** `Service.Method`, e.g. `Raft.RequestVote`. */
  readonly name: string;
  /** Encodes the arguments at the caller and decodes them at the server. */
  readonly args: Codec<Args>;
  /** Encodes the reply at the server and decodes it at the caller. */
  readonly reply: Codec<Reply>;
}

/**
 * The outcome of a call. `ok: true`: the handler ran for this call and returned `reply`. `ok: false`: the outcome is unknown.
 * The request was lost, or the handler ran, or is still running, and its reply was lost, or the server cannot be reached.
 */
export type CallResult<Reply> =
  | { readonly ok: true; readonly reply: Reply }
  | {
      readonly ok: false;
      /** Why, where the transport knows. After `unreachable` and `busy` it is certain that the handler was not called. */
      readonly reason?: string;
    };

/**
 * A call to a server that cannot be reached, or that stops while the call is pending, settles after at most this many
 * milliseconds. The lab's network needs 7 seconds for some of its calls.
 */
export const unreachableCallMaxMs = 10_000;

/** The options of one call. Only an end with `endsCalls` applies them; others ignore them. */
export interface EndCallOptions {
  /** How long it may take, in ms. The call is then not ok, with the reason `deadline`. */
  readonly deadlineMs?: number;
  /** Ends the wait: the call is then not ok, with the reason `aborted`. The server may still execute it. Every AbortSignal is one. */
  readonly signal?: CancelSignal | undefined;
}

/** One way to reach one server. `@raftlab/rpc/compliance` checks these rules for every transport. */
export interface ClientEnd {
  /**
   * Sends one request and waits for its reply. The arguments are encoded before `call` returns, so the caller may change them
   * afterwards. Many calls may be pending at a time; their replies may arrive in any order. The request is sent once: the
   * handler runs at most once for each call.
   *
   * When the promise settles:
   * - The handler returned a value: resolves with `ok: true` when the reply arrives, or with `ok: false` when it is lost.
   * - The handler returned undefined, the request was lost, or the server cannot be reached: resolves with `ok: false`.
   * - The server stops while the call is pending: resolves with `ok: false`. This and the case before take at most
   *   `unreachableCallMaxMs`.
   * - The handler never returns, and its server keeps running: the transport need not settle the call. It may resolve with
   *   `ok: false` after a deadline of its own. Callers that start calls at regular intervals must therefore bound the number of
   *   their pending calls.
   *
   * Rejects only for a mistake in the program: an unknown method, arguments or a reply that the codecs reject (a CodecError, or
   * an error with one as its `cause`), a handler that throws. Never throws synchronously.
   */
  call<Args, Reply>(
    method: Method<Args, Reply>,
    args: Args,
    options?: EndCallOptions,
  ): Promise<CallResult<Reply>>;
  /** Whether this end applies the options of a call: ends it at its deadline, and when its signal is aborted. */
  readonly endsCalls?: boolean;
}

/**
 * Answers one call. It receives arguments that satisfy the method's schema. Returning undefined, or a promise of it, declines
 * to answer: to the caller, the reply is lost.
 */
export type Handler<Args, Reply> = (args: Args) => Reply | undefined | Promise<Reply | undefined>;

/** A method with its handler: what a transport calls on the server. Made by `bind`. */
export interface BoundMethod {
  /** `Service.Method`. */
  readonly name: string;
  /**
   * Decodes the arguments, calls the handler, and encodes its reply. Undefined, or a promise of it, when the handler declines
   * to answer. Returns a promise only when the handler does. Throws, or rejects with, a CodecError for bytes that are not
   * arguments of the method or a reply that its codec rejects, and otherwise with what the handler throws.
   */
  dispatch(argsBytes: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A named set of bound methods: what a server offers. Made by `makeService`. */
export interface Service {
  /** The part of the method names before the last dot. */
  readonly name: string;
  /** By the part of the method name after the last dot. */
  readonly methods: ReadonlyMap<string, BoundMethod>;
}

/** A method that cannot be part of a service. Thrown by `makeService`. */
export class InvalidServiceError extends Error {
  override readonly name: string = 'InvalidServiceError';
  /** The name of the service. */
  readonly service: string;
  /** The full name of the method. */
  readonly method: string;

  constructor(service: string, method: string, reason: string) {
    super(`Method ${method} cannot be part of service ${service}: ${reason}`);
    this.service = service;
    this.method = method;
  }
}

/** Binds a method to the handler that answers its calls. */
export function bind<Args, Reply>(method: Method<Args, Reply>, handler: Handler<Args, Reply>): BoundMethod {
  return bindOutcome(method, handler, (reply) => reply);
}

/** As `bind`, for a handler whose outcome `replyOf` turns into the reply. Saves the promise of a `then` in the handler. */
export function bindOutcome<Args, Reply, Outcome>(
  method: Method<Args, Reply>,
  handler: Handler<Args, Outcome>,
  replyOf: (outcome: Outcome) => Reply,
): BoundMethod {
  const isFunction = typeof handler === 'function';
  assert(isFunction, () => `the handler of ${method.name} must be a function, got ${typeof handler}`);
  const encode = (outcome: Outcome | undefined): Uint8Array | undefined =>
    outcome === undefined ? undefined : method.reply.encode(replyOf(outcome));
  return {
    name: method.name,
    dispatch(argsBytes) {
      const isBytes = argsBytes instanceof Uint8Array;
      assert(isBytes, () => `${method.name} was dispatched with ${typeof argsBytes}, not with bytes`);
      const outcome = handler(method.args.decode(argsBytes));
      return outcome instanceof Promise ? outcome.then(encode) : encode(outcome);
    },
  };
}

/**
 * Makes a service of bound methods. Throws InvalidServiceError when the name of one does not start with `name.`, or when two
 * have the same name.
 */
export function makeService(name: string, methods: readonly BoundMethod[]): Service {
  const byName = new Map<string, BoundMethod>();
  for (const method of methods) {
    const [service, methodName] = splitMethodName(method.name);
    if (service !== name) {
      throw new InvalidServiceError(
        name,
        method.name,
        `its name must be ${name}, a dot and the method's own name`,
      );
    }
    if (byName.has(methodName)) {
      throw new InvalidServiceError(name, method.name, 'another method has this name; bind each method once');
    }
    byName.set(methodName, method);
  }
  assert(
    byName.size === methods.length,
    () => `service ${name} has ${byName.size} of ${methods.length} methods`,
  );
  return { name, methods: byName };
}

/**
 * Splits `Service.Method` at the last dot, as the lab does: `a.b.c` is method `c` of service `a.b`. A name without a dot is a
 * method of the service with the empty name.
 */
export function splitMethodName(name: string): [service: string, method: string] {
  const dot = name.lastIndexOf('.');
  return dot === -1 ? ['', name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/**
 * Defines a method by the schemas of its arguments and reply. Both are encoded by `valueCodec`: any serializable values, with
 * their field names. `name` is `Service.Method`.
 */
export function valueMethod<Args, Reply>(
  name: string,
  schemas: { args: z.ZodType<Args>; reply: z.ZodType<Reply> },
): Method<Args, Reply> {
  assert(name !== '', 'the name of a method must not be empty: it is Service.Method');
  return {
    name,
    args: valueCodec(`${name} arguments`, schemas.args),
    reply: valueCodec(`${name} reply`, schemas.reply),
  };
}

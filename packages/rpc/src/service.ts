// Remote calls, typed: a method is a name and two codecs; a service is a name and a handler for each method. Networks,
// simulated or real, carry these; Raft and the services above it define them.
import type { z } from 'zod';
import { valueCodec, type Codec } from './codec.ts';

/** What a caller must know of a remote procedure. */
export interface Method<Args, Reply> {
  /** `Service.Method`. */
  readonly name: string;
  readonly args: Codec<Args>;
  readonly reply: Codec<Reply>;
}

/** The outcome of a call. Not ok: nothing can be said; the request or its reply may have been lost, or nobody is there. */
export type CallResult<Reply> = { readonly ok: true; readonly reply: Reply } | { readonly ok: false };

/**
 * One way to reach one server. Rejects only for a mistake in the program: an unknown method, a value that is not Args. Never
 * throws: that stops the peer of Raft that calls.
 */
export interface ClientEnd {
  call<Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>>;
}

/** Answers one call. `undefined` means no answer at all: to the caller the reply is lost. */
export type Handler<Args, Reply> = (args: Args) => Reply | undefined | Promise<Reply | undefined>;

/** A method bound to its handler, from bytes to bytes. Throws, or rejects with, CodecError or what the handler threw. */
export interface BoundMethod {
  readonly name: string;
  dispatch(argsBytes: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

export interface Service {
  readonly name: string;
  /** By method name, without the service's. */
  readonly methods: ReadonlyMap<string, BoundMethod>;
}

export function bind<Args, Reply>(method: Method<Args, Reply>, handler: Handler<Args, Reply>): BoundMethod {
  const encode = (reply: Reply | undefined): Uint8Array | undefined =>
    reply === undefined ? undefined : method.reply.encode(reply);
  return {
    name: method.name,
    dispatch(argsBytes) {
      const reply = handler(method.args.decode(argsBytes));
      return reply instanceof Promise ? reply.then(encode) : encode(reply);
    },
  };
}

/** Gathers bound methods, whose names must all begin with `name.`, into a service. */
export function makeService(name: string, methods: readonly BoundMethod[]): Service {
  const byName = new Map<string, BoundMethod>();
  for (const method of methods) {
    const [service, methodName] = splitMethodName(method.name);
    if (service !== name) throw new Error(`Method ${method.name} does not belong to service ${name}.`);
    if (byName.has(methodName)) throw new Error(`Method ${method.name} is given twice.`);
    byName.set(methodName, method);
  }
  return { name, methods: byName };
}

/** Split at the last dot, as the lab does. A name without a dot is a method of the service with the empty name. */
export function splitMethodName(name: string): [service: string, method: string] {
  const dot = name.lastIndexOf('.');
  return dot === -1 ? ['', name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** A method whose arguments and reply are any values that satisfy the schemas, with field names on the wire. */
export function valueMethod<Args, Reply>(
  name: string,
  schemas: { args: z.ZodType<Args>; reply: z.ZodType<Reply> },
): Method<Args, Reply> {
  return {
    name,
    args: valueCodec(`${name} arguments`, schemas.args),
    reply: valueCodec(`${name} reply`, schemas.reply),
  };
}

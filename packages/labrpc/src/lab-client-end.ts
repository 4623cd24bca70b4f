// The caller's side of a call: codecs, and the errors of the program.
import type { CallResult, ClientEnd, Method } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { messageOf, RpcError, type RpcErrorKind } from './rpc-error.ts';

/** What an end needs of its network. */
export interface NetworkPort {
  /**
   * Sends one request and resolves with the encoded reply, or with undefined when the call failed. Keeps the bytes: the caller
   * must not change them afterwards.
   */
  send(endName: string, methodName: string, argsBytes: Uint8Array): Promise<Uint8Array | undefined>;
  /** Reports a mistake in the program to the network's observer. */
  reportFault(fault: RpcError): void;
}

/** A ClientEnd of the simulated network. Made by `Network.makeEnd`. */
export class LabClientEnd implements ClientEnd {
  /** Its name in the network. */
  readonly name: string;
  readonly #port: NetworkPort;

  constructor(name: string, port: NetworkPort) {
    this.name = name;
    this.#port = port;
  }

  /**
   * See ClientEnd. Not ok: the request or the reply was lost, the end is disabled or not connected, the server was deleted or
   * replaced before it answered, or the handler declined to answer. Rejects with RpcError, and with nothing else, for a
   * mistake in the program.
   */
  async call<Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>> {
    const argsBytes = this.#encode(method, args);
    const replyBytes = await this.#port.send(this.name, method.name, argsBytes);
    if (replyBytes === undefined) return { ok: false };
    return { ok: true, reply: this.#decode(method, replyBytes) };
  }

  /**
   * Calls a method with arguments that are encoded already, and resolves with the encoded reply, or with undefined where `call`
   * is not ok. The bytes may be changed afterwards. Rejects as `call` does.
   */
  callBytes(methodName: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
    assert(
      bytes instanceof Uint8Array,
      () => `${methodName} was called with ${typeof bytes}, not with bytes`,
    );
    return this.#port.send(this.name, methodName, new Uint8Array(bytes));
  }

  #encode<Args, Reply>(method: Method<Args, Reply>, args: Args): Uint8Array {
    try {
      return method.args.encode(args);
    } catch (error) {
      throw this.#fault('bad-request', method.name, error);
    }
  }

  #decode<Args, Reply>(method: Method<Args, Reply>, replyBytes: Uint8Array): Reply {
    try {
      return method.reply.decode(replyBytes);
    } catch (error) {
      throw this.#fault('bad-reply', method.name, error);
    }
  }

  #fault(kind: RpcErrorKind, methodName: string, cause: unknown): RpcError {
    const fault = new RpcError(kind, methodName, { detail: messageOf(cause), cause });
    this.#port.reportFault(fault);
    return fault;
  }
}

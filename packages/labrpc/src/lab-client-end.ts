// A caller's way into the network.
import type { CallResult, ClientEnd, Method } from '@raftlab/rpc';
import { messageOf, RpcError, type RpcErrorKind } from './rpc-error.ts';

/** What an end needs of its network. */
export interface Carrier {
  /** Takes the bytes as they are: nobody may change them afterwards. Undefined: nothing can be said. */
  carry(endName: string, methodName: string, argsBytes: Uint8Array): Promise<Uint8Array | undefined>;
  reportFault(fault: RpcError): void;
}

export class LabClientEnd implements ClientEnd {
  readonly name: string;
  readonly #carrier: Carrier;

  /** For the Network: use Network.makeEnd. */
  constructor(name: string, carrier: Carrier) {
    this.name = name;
    this.#carrier = carrier;
  }

  /**
   * Sends one request and waits for its reply. `args` are encoded before this returns; the caller may change them right
   * after. Not ok means that nothing can be said: request lost, reply lost, server gone, end disabled. Rejects with
   * RpcError, and with nothing else, when the program is at fault.
   */
  async call<Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>> {
    const argsBytes = this.#encode(method, args);
    const replyBytes = await this.#carrier.carry(this.name, method.name, argsBytes);
    if (replyBytes === undefined) return { ok: false };
    return { ok: true, reply: this.#decode(method, replyBytes) };
  }

  /** The same below the codecs, for callers that bring their own bytes. Undefined means that nothing can be said. */
  callBytes(methodName: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#carrier.carry(this.name, methodName, new Uint8Array(bytes));
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
    this.#carrier.reportFault(fault);
    return fault;
  }
}

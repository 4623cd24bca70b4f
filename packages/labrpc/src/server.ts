// One incarnation of a server: the services that it offers, and how many requests it received.
import { splitMethodName, type BoundMethod, type Service } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { listNames } from './name-errors.ts';
import { RpcError } from './rpc-error.ts';

/**
 * A server to register in a Network. A restarted server is a new object under the same name: calls that the old one received
 * then fail, also when it answers.
 */
export class Server {
  readonly #services = new Map<string, Service>();
  /** A cache of #find: methods by their full names. */
  readonly #found = new Map<string, BoundMethod>();
  #count = 0;

  /** Offers `service` under its name. A service of the same name is replaced. */
  addService(service: Service): void {
    assert(
      typeof service.name === 'string',
      () => `the name of a service must be a string, got ${typeof service.name}`,
    );
    this.#services.set(service.name, service);
    this.#found.clear();
  }

  /** How many requests were dispatched to this object. */
  getCount(): number {
    return this.#count;
  }

  /**
   * For the Network: counts the request and calls its handler. Throws RpcError for an unknown service or method, and what
   * BoundMethod.dispatch throws.
   */
  dispatch(methodName: string, argsBytes: Uint8Array): ReturnType<BoundMethod['dispatch']> {
    this.#count += 1;
    const method = this.#found.get(methodName) ?? this.#find(methodName);
    return method.dispatch(argsBytes);
  }

  #find(fullName: string): BoundMethod {
    const [serviceName, methodName] = splitMethodName(fullName);
    const service = this.#services.get(serviceName);
    if (service === undefined) {
      const detail = `no service "${serviceName}" on this server; it offers ${listNames(this.#services.keys())}`;
      throw new RpcError('unknown-service', fullName, { detail });
    }
    const method = service.methods.get(methodName);
    if (method === undefined) {
      const detail = `service "${serviceName}" has no method "${methodName}"; it has ${listNames(service.methods.keys())}`;
      throw new RpcError('unknown-method', fullName, { detail });
    }
    const isBound = typeof method.dispatch === 'function';
    assert(isBound, () => `method ${fullName} has no dispatch function; make it with bind`);
    this.#found.set(fullName, method);
    return method;
  }
}

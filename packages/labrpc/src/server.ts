// One incarnation of a server: the services it offers, and how many requests it was given.
import { splitMethodName, type BoundMethod, type Service } from '@raftlab/rpc';
import { RpcError } from './rpc-error.ts';

export class Server {
  readonly #services = new Map<string, Service>();
  /** Methods by their full names: what #find has found so far. */
  readonly #found = new Map<string, BoundMethod>();
  #count = 0;

  /** Offers `service` under its name; one of the same name is replaced. */
  addService(service: Service): void {
    this.#services.set(service.name, service);
    this.#found.clear();
  }

  /** Requests dispatched to this object since it was made. */
  getCount(): number {
    return this.#count;
  }

  /** For the Network. Counts the request and runs its handler; throws RpcError, CodecError or what the handler throws. */
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
    this.#found.set(fullName, method);
    return method;
  }
}

/** More names than this make a message unreadable: a cluster has an end for every pair of servers and every restart. */
const listedNameCountMax = 20;

/** `"a", "b"`, for messages that say what would have been valid. */
export function listNames(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'none';
  const listed = all.slice(0, listedNameCountMax).map((name) => JSON.stringify(name));
  if (all.length > listed.length) listed.push(`and ${all.length - listed.length} more`);
  return listed.join(', ');
}

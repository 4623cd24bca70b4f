// The calls that arrive on one connection: each is passed to its handler, and answered.
import { splitMethodName, type BoundMethod, type Service } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { encodeFailure, readCall, type FailureCode, type IncomingCall } from './call-frames.ts';
import type { Permission } from './admission.ts';
import type { Connection } from './connection.ts';
import { FrameError, frameKinds, numberSizeBytes } from './frames.ts';
import type { NetworkContext } from './network-context.ts';

/** Finds methods by their full names. */
export class Methods {
  readonly #services: ReadonlyMap<string, Service>;
  /** Names that were asked for and exist: bounded by the services. */
  readonly #found = new Map<string, BoundMethod>();

  constructor(services: readonly Service[]) {
    this.#services = new Map(services.map((service) => [service.name, service]));
    if (this.#services.size < services.length)
      throw new RangeError(
        `two services have one name: ${services.map(({ name }) => name).join(', ')}; give each its own.`,
      );
  }

  /** Undefined where no service has it. */
  find(fullName: string): BoundMethod | undefined {
    const known = this.#found.get(fullName);
    if (known !== undefined) return known;
    const [service, name] = splitMethodName(fullName);
    const method = this.#services.get(service)?.methods.get(name);
    if (method !== undefined) this.#found.set(fullName, method);
    return method;
  }
}

/** Answers the calls of one connection. */
export class CallServer {
  readonly #context: NetworkContext;
  readonly #connection: Connection;
  readonly #methods: Methods;
  readonly #permission: Permission;
  #runningCount = 0;

  constructor(
    context: NetworkContext,
    connection: Connection,
    { methods, permission }: { readonly methods: Methods; readonly permission: Permission },
  ) {
    assert(permission !== 'none', 'a side that may call nothing is refused in its handshake');
    this.#context = context;
    this.#connection = connection;
    this.#methods = methods;
    this.#permission = permission;
  }

  /** Takes a frame of the connection. */
  onFrame(kind: number, body: Buffer): void {
    if (kind !== frameKinds.call) throw new FrameError(`a frame of kind ${kind} on a connection of calls`);
    const { limits, reports } = this.#context;
    const call = readCall(body);
    if (this.#runningCount >= limits.callsInFlightMax) {
      reports.count('callsRefused');
      this.#fail(call, 'busy', `${limits.callsInFlightMax} calls of this connection are running`);
      return;
    }
    const method = this.#methods.find(call.name);
    if (method === undefined) this.#fail(call, 'unknown-method', 'this server offers no such method');
    else if (this.#mayCall(call.name)) this.#dispatch(call, method);
    else {
      reports.count('callsDenied');
      this.#fail(call, 'denied', 'this client may not call it; use a token or a certificate of another role');
    }
  }

  #mayCall(name: string): boolean {
    return this.#permission === 'all' || (this.#permission !== 'none' && this.#permission.has(name));
  }

  #dispatch(call: IncomingCall, method: BoundMethod): void {
    let reply: ReturnType<BoundMethod['dispatch']>;
    try {
      reply = method.dispatch(call.args);
    } catch (error) {
      this.#onError(call, error);
      return;
    }
    if (!(reply instanceof Promise)) {
      this.#answer(call, reply);
      return;
    }
    // What the call refers to must not keep the receive buffer alive.
    assert(this.#runningCount < this.#context.limits.callsInFlightMax, 'one more call may run');
    const kept = { number: call.number, name: call.name };
    this.#runningCount += 1;
    reply.then(
      (bytes) => {
        this.#runningCount -= 1;
        this.#answer(kept, bytes);
      },
      (error: unknown) => {
        this.#runningCount -= 1;
        this.#onError(kept, error);
      },
    );
  }

  #answer(call: Omit<IncomingCall, 'args'>, reply: Uint8Array | undefined): void {
    assert(this.#runningCount >= 0, () => `${this.#runningCount} calls are running`);
    const { limits, reports } = this.#context;
    if (reply === undefined) {
      this.#fail(call, 'declined', 'the handler does not answer');
      return;
    }
    if (numberSizeBytes + reply.length > limits.frameMaxBytes) {
      this.#onError(call, new RangeError(`the reply has ${reply.length} bytes, more than a frame may have`));
      return;
    }
    reports.count('callsAnswered');
    this.#connection.write(frameKinds.reply, call.number, reply);
    this.#checkReader();
  }

  #onError(call: Omit<IncomingCall, 'args'>, error: unknown): void {
    this.#context.reports.handlerFailed(call.name, error);
    this.#fail(call, 'failed', error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }

  #fail({ number }: Omit<IncomingCall, 'args'>, code: FailureCode, message: string): void {
    this.#connection.write(frameKinds.failure, number, encodeFailure(code, message));
    this.#checkReader();
  }

  /** Replies that are not read would fill the memory. */
  #checkReader(): void {
    const { queueMaxBytes } = this.#context.limits;
    if (this.#connection.waitingBytes > queueMaxBytes)
      this.#connection.close('slow', `more than ${queueMaxBytes} bytes of replies were not read`);
  }
}

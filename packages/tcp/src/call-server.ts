// The calls that arrive on one connection: each is passed to its handler, and answered.
import { splitMethodName, type BoundMethod, type Service } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { callArgsAt, callNameAt, encodeFailure, type FailureCode } from './call-frames.ts';
import type { Permission } from './admission.ts';
import type { Connection } from './connection.ts';
import { FrameError, frameKinds, numberSizeBytes } from './frames.ts';
import type { NetworkContext } from './network-context.ts';

/** Finds methods by their full names. */
export class Methods {
  readonly #services: ReadonlyMap<string, Service>;
  /** The method found last, with the bytes of its name: most calls are of the same method as the one before. */
  #last: { readonly name: Buffer; readonly method: BoundMethod } | undefined;

  constructor(services: readonly Service[]) {
    this.#services = new Map(services.map((service) => [service.name, service]));
    if (this.#services.size < services.length)
      throw new RangeError(
        `two services have one name: ${services.map(({ name }) => name).join(', ')}; give each its own.`,
      );
  }

  /** The method whose name is in these bytes from `start` to `end`. Undefined where no service has it. */
  find(bytes: Buffer, start: number, end: number): BoundMethod | undefined {
    if (this.#last !== undefined && isAt(bytes, start, end, this.#last.name)) return this.#last.method;
    const [service, name] = splitMethodName(bytes.toString('utf8', start, end));
    const method = this.#services.get(service)?.methods.get(name);
    if (method !== undefined) this.#last = { name: Buffer.from(bytes.subarray(start, end)), method };
    return method;
  }
}

/** Whether the bytes from `start` to `end` are those of the name. A loop is faster than `Buffer.compare` for so few bytes. */
function isAt(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false;
  for (let offset = 0; offset < name.length; offset += 1)
    if (bytes[start + offset] !== name[offset]) return false;
  return true;
}

/** A call that was passed to its handler. */
interface RunningCall {
  readonly number: number;
  readonly method: BoundMethod;
  /** When it was passed to the handler, by the clock. */
  readonly startedAt: number;
}

/** What a CallServer needs to answer the calls of a connection. */
export interface CallServerOptions {
  readonly methods: Methods;
  readonly permission: Permission;
  /** See `ListenOptions`. */
  readonly onCallEnded?: ((method: string, durationMs: number) => void) | undefined;
}

/** Answers the calls of one connection. */
export class CallServer {
  readonly #context: NetworkContext;
  readonly #connection: Connection;
  readonly #methods: Methods;
  readonly #permission: Permission;
  readonly #onCallEnded: CallServerOptions['onCallEnded'];
  #runningCount = 0;

  constructor(
    context: NetworkContext,
    connection: Connection,
    { methods, permission, onCallEnded }: CallServerOptions,
  ) {
    assert(permission !== 'none', 'a side that may call nothing is refused in its handshake');
    this.#context = context;
    this.#connection = connection;
    this.#methods = methods;
    this.#permission = permission;
    this.#onCallEnded = onCallEnded;
  }

  /** Takes a frame of the connection. */
  onFrame(kind: number, body: Buffer): void {
    if (kind !== frameKinds.call) throw new FrameError(`a frame of kind ${kind} on a connection of calls`);
    const { limits, reports } = this.#context;
    const argsAt = callArgsAt(body);
    const number = body.readUInt32BE(0);
    if (this.#runningCount >= limits.callsInFlightMax) {
      reports.count('callsRefused');
      this.#fail(number, 'busy', `${limits.callsInFlightMax} calls of this connection are running`);
      return;
    }
    const method = this.#methods.find(body, callNameAt, argsAt);
    if (method === undefined) this.#fail(number, 'unknown-method', 'this server offers no such method');
    else if (this.#mayCall(method.name)) this.#dispatch(number, method, body.subarray(argsAt));
    else {
      reports.count('callsDenied');
      this.#fail(
        number,
        'denied',
        'this client may not call it; use a token or a certificate of another role',
      );
    }
  }

  #mayCall(name: string): boolean {
    return this.#permission === 'all' || (this.#permission !== 'none' && this.#permission.has(name));
  }

  #dispatch(number: number, method: BoundMethod, args: Buffer): void {
    // The call must not refer to the arguments: they would keep the receive buffer alive.
    const call = { number, method, startedAt: this.#context.clock.now() };
    let reply: ReturnType<BoundMethod['dispatch']>;
    try {
      reply = method.dispatch(args);
    } catch (error) {
      this.#onError(call, error);
      return;
    }
    if (!(reply instanceof Promise)) {
      this.#answer(call, reply);
      return;
    }
    assert(this.#runningCount < this.#context.limits.callsInFlightMax, 'one more call may run');
    this.#runningCount += 1;
    reply.then(
      (bytes) => {
        this.#runningCount -= 1;
        this.#answer(call, bytes);
      },
      (error: unknown) => {
        this.#runningCount -= 1;
        this.#onError(call, error);
      },
    );
  }

  #answer(call: RunningCall, reply: Uint8Array | undefined): void {
    assert(this.#runningCount >= 0, () => `${this.#runningCount} calls are running`);
    const { limits, reports } = this.#context;
    if (reply !== undefined && numberSizeBytes + reply.length > limits.frameMaxBytes) {
      this.#onError(call, new RangeError(`the reply has ${reply.length} bytes, more than a frame may have`));
      return;
    }
    this.#reportEnd(call);
    if (reply === undefined) {
      this.#fail(call.number, 'declined', 'the handler does not answer');
      return;
    }
    reports.count('callsAnswered');
    this.#connection.write(frameKinds.reply, call.number, reply);
    this.#checkReader();
  }

  #onError(call: RunningCall, error: unknown): void {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#context.reports.handlerFailed(call.method.name, error);
    this.#reportEnd(call);
    this.#fail(call.number, 'failed', message);
  }

  #reportEnd({ method, startedAt }: RunningCall): void {
    this.#onCallEnded?.(method.name, this.#context.clock.now() - startedAt);
  }

  #fail(number: number, code: FailureCode, message: string): void {
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

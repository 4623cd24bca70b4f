// The smallest transport that passes the compliance suite: bytes go straight to a service in the same process.
import { splitMethodName, type CallResult, type ClientEnd, type Method, type Service } from '@raftlab/rpc';
import type { TransportUnderTest } from '@raftlab/rpc/compliance';
import type { VirtualClock } from '@raftlab/runtime';

/** What a handler answers; undefined when it declines. */
export type Answer = Uint8Array | undefined;

/** One server, from its start until it stops. */
interface RunningServer {
  readonly services: readonly Service[];
  readonly stopped: Promise<undefined>;
  readonly stop: () => void;
}

function runServer(services: readonly Service[]): RunningServer {
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  return { services, stopped, stop };
}

export class DirectTransport implements TransportUnderTest {
  readonly clock: VirtualClock;
  readonly end: ClientEnd = { call: (method, args) => this.call(method, args) };
  server: RunningServer | undefined;

  constructor(services: readonly Service[], clock: VirtualClock) {
    this.clock = clock;
    this.server = runServer(services);
  }

  async call<Args, Reply>(method: Method<Args, Reply>, args: Args): Promise<CallResult<Reply>> {
    const replyBytes = await this.carry(method.name, method.args.encode(args));
    return replyBytes === undefined ? { ok: false } : { ok: true, reply: method.reply.decode(replyBytes) };
  }

  /** From the encoded arguments to the encoded reply, on the server that is running now. */
  carry(methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    return Promise.race([this.dispatch(methodName, argsBytes), this.server?.stopped]);
  }

  async dispatch(methodName: string, argsBytes: Uint8Array): Promise<Answer> {
    const [serviceName, shortName] = splitMethodName(methodName);
    const service = this.server?.services.find(({ name }) => name === serviceName);
    return service?.methods.get(shortName)?.dispatch(argsBytes);
  }

  stopServer(): void {
    this.server?.stop();
    this.server = undefined;
  }

  startServer(services: readonly Service[]): void {
    this.server = runServer(services);
  }

  close(): void {
    this.stopServer();
  }
}

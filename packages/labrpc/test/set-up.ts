// A network with one server and one end, for the tests of single rules.
import { Network, Server, type LabClientEnd, type NetworkEvent, type RpcError } from '@raftlab/labrpc';
import { bind, makeService, valueMethod, type Handler, type Method } from '@raftlab/rpc';
import { Random, VirtualClock, type Clock } from '@raftlab/runtime';
import { z } from 'zod';

export const echo: Method<string, string> = valueMethod('Test.Echo', { args: z.string(), reply: z.string() });
/** The size of the encoded arguments or reply of `echo`, in bytes. */
export const echoSize = (text: string): number => echo.args.encode(text).byteLength;

export interface SetUp {
  readonly clock: VirtualClock;
  readonly net: Network;
  readonly server: Server;
  readonly end: LabClientEnd;
  readonly events: NetworkEvent[];
  readonly faults: RpcError[];
  /** The arguments of all calls of `echo` whose handler ran. */
  readonly handled: string[];
}

/** End `e`, enabled and connected to server `s`, whose handler of `Test.Echo` is `handler`. */
export function setUp(
  options: {
    seed?: number;
    handler?: (text: string, clock: Clock) => ReturnType<Handler<string, string>>;
  } = {},
): SetUp {
  const { seed = 1, handler = (text) => text } = options;
  const clock = new VirtualClock();
  const events: NetworkEvent[] = [];
  const faults: RpcError[] = [];
  const handled: string[] = [];
  const net = new Network({
    clock,
    random: Random.fromSeed(seed).fork('network'),
    onEvent: (event) => events.push(event),
    onFault: (fault) => faults.push(fault),
  });
  const server = echoServer((text) => {
    handled.push(text);
    return handler(text, clock);
  });
  const end = net.makeEnd('e');
  net.connect('e', 's');
  net.addServer('s', server);
  net.enable('e', true);
  return { clock, net, server, end, events, faults, handled };
}

export function echoServer(handler: Handler<string, string>): Server {
  const server = new Server();
  server.addService(makeService('Test', [bind(echo, handler)]));
  return server;
}

export interface TimedResult {
  readonly ok: boolean;
  readonly reply: string | undefined;
  readonly tookMs: number;
}

/** One call of `echo`, and how long it took. */
export async function timedCall({ clock, end }: SetUp, text = 'x'): Promise<TimedResult> {
  const startedAt = clock.now();
  const result = await end.call(echo, text);
  return { ok: result.ok, reply: result.ok ? result.reply : undefined, tookMs: clock.now() - startedAt };
}

/** `count` calls at the same time. */
export function manyCalls(given: SetUp, count: number): Promise<TimedResult[]> {
  return Promise.all(Array.from({ length: count }, () => timedCall(given)));
}

export function countOf(events: readonly NetworkEvent[], kind: NetworkEvent['kind']): number {
  return events.filter((event) => event.kind === kind).length;
}

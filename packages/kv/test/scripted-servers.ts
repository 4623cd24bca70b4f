// Servers of the key/value service that answer as a test says, on the lab's network.
import { Network, Server } from '@raftlab/labrpc';
import { bind, makeService, type ClientEnd } from '@raftlab/rpc';
import { Random, VirtualClock } from '@raftlab/runtime';
import {
  Clerk,
  executeMethod,
  keyValueServiceName,
  openSessionMethod,
  readMethod,
  type ExecuteArgs,
  type KeyValueAnswer,
  type KeyValueResult,
  type Reply,
} from '@raftlab/kv';

type Answer<Value> = Reply<Value> | undefined | Promise<Reply<Value> | undefined>;

/** What a server answers; undefined: the reply is lost. What is left out is refused as by a server that does not lead. */
export interface Script {
  openSession?(): Answer<number>;
  execute?(args: ExecuteArgs): Answer<KeyValueResult>;
  read?(key: string): Answer<KeyValueAnswer>;
}

export interface Scripted {
  readonly clock: VirtualClock;
  readonly ends: readonly ClientEnd[];
  /** Calls that reached a server, e.g. `1 Execute`. */
  readonly calls: string[];
  newClerk(endOf?: (server: number) => number): Clerk;
}

const notLeader = { ok: false, refusal: 'NotLeader' } as const;

/** A server for each script. */
export function scriptedServers(...scripts: readonly Script[]): Scripted {
  const clock = new VirtualClock();
  const random = Random.fromSeed(1);
  const network = new Network({ clock, random });
  const calls: string[] = [];
  const ends = scripts.map((script, server) => {
    const registered = new Server();
    const note = (method: string): void => void calls.push(`${server} ${method}`);
    registered.addService(
      makeService(keyValueServiceName, [
        bind(openSessionMethod, () => {
          note('OpenSession');
          return script.openSession === undefined ? notLeader : script.openSession();
        }),
        bind(executeMethod, (args) => {
          note(`Execute ${args.sequence}`);
          return script.execute === undefined ? notLeader : script.execute(args);
        }),
        bind(readMethod, ({ query }) => {
          note('Read');
          return script.read === undefined
            ? notLeader
            : script.read(query.kind === 'get' ? query.key : query.prefix);
        }),
      ]),
    );
    network.addServer(server, registered);
    const end = network.makeEnd(`end ${server}`);
    network.connect(`end ${server}`, server);
    network.enable(`end ${server}`, true);
    return end;
  });
  return { clock, ends, calls, newClerk: (endOf) => new Clerk(ends, { clock, random, endOf }) };
}

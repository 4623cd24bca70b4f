// A learner's key/value server and clerk, and the environments that they get, guarded.
import type {
  ClerkEnvironment,
  ClerkHandle,
  KVServerEnvironment,
  KVServerHandle,
  MakeClerk,
  Service,
  StartKVServer,
} from '@raftlab/test-harness/learner';
import { Guard, type GuardedTest } from './guard.ts';
import { shortly } from './implementation-fault.ts';

export class GuardedServer implements KVServerHandle {
  readonly service: Service;
  readonly #guard: Guard;
  readonly #server: KVServerHandle;

  constructor(start: StartKVServer, environment: KVServerEnvironment, test: GuardedTest) {
    const { me, clock, persister, makeRaft } = environment;
    const guard = new Guard({ server: me, clock, test });
    this.#guard = guard;
    const guarded: KVServerEnvironment = {
      ...environment,
      persister: guard.persister(persister),
      clock: guard.clock(),
      makeRaft: (applyCh) =>
        makeRaft((message) => {
          const taken = guard.run('applyCh', () => applyCh(message));
          if (!(taken instanceof Promise)) return undefined;
          return taken.catch((thrown: unknown) => {
            throw guard.faultOf('applyCh', thrown);
          });
        }),
    };
    const server = guard.run('startKVServer', () => start(guarded));
    guard.expectShape('startKVServer', server);
    guard.expectShape('service', server.service);
    this.#server = server;
    this.service = guard.service(server.service);
  }

  /** Never throws: the tester must be able to kill the other servers too. */
  kill(): void {
    this.#guard.onKill();
    try {
      this.#guard.run('kill', () => this.#server.kill());
    } catch {
      // It has failed the test already.
    }
  }
}

export class GuardedClerk implements ClerkHandle {
  readonly #guard: Guard;
  readonly #clerk: ClerkHandle;

  constructor(make: MakeClerk, environment: ClerkEnvironment, test: GuardedTest) {
    const { ends, clock } = environment;
    const guard = new Guard({ server: -1, clock, test });
    this.#guard = guard;
    const guarded = { ...environment, ends: ends.map((end) => guard.end(end)), clock: guard.clock() };
    this.#clerk = guard.run('makeClerk', () => make(guarded));
    guard.expectShape('makeClerk', this.#clerk);
  }

  async get(key: string): Promise<string> {
    const value: unknown = await this.#call('get', () => this.#clerk.get(key));
    if (typeof value === 'string') return value;
    throw this.#guard.fail(`get returned ${shortly(value)}; expected a string, '' for a missing key`);
  }

  put(key: string, value: string): Promise<void> {
    return this.#call('put', () => this.#clerk.put(key, value));
  }

  append(key: string, value: string): Promise<void> {
    return this.#call('append', () => this.#clerk.append(key, value));
  }

  /** Fails the test when the call throws, rejects, or returns no promise. */
  #call<Value>(what: string, code: () => Promise<Value>): Promise<Value> {
    const called: unknown = this.#guard.run(what, code);
    if (!(called instanceof Promise))
      throw this.#guard.fail(`${what} returned ${shortly(called)}; expected a promise`);
    return called.catch((thrown: unknown) => {
      throw this.#guard.faultOf(what, thrown);
    });
  }
}

// Your key/value service. It compiles, and answers every call with an error, so that the first test does not end by itself.
// README.md says how to go on.
import {
  bind,
  makeService,
  valueCodec,
  valueMethod,
  type ApplyMsg,
  type ClerkEnvironment,
  type ClerkHandle,
  type KVServerEnvironment,
  type KVServerHandle,
  type MakeClerk,
  type RaftHandle,
  type Service,
  type StartKVServer,
} from '@raftlab/test-harness/learner';
import { z } from 'zod';

// ---- the calls ----

const error = z.enum(['OK', 'ErrWrongLeader']);

const get = valueMethod('KVServer.Get', {
  args: z.object({ key: z.string() }),
  reply: z.object({ error, value: z.string() }),
});

// A request that is sent again must be recognized: give it the client's name and a number that the client counts up.
const putAppend = valueMethod('KVServer.PutAppend', {
  args: z.object({ kind: z.enum(['put', 'append']), key: z.string(), value: z.string() }),
  reply: z.object({ error }),
});

/** An operation as it is in Raft's log: all that every server needs to execute it. */
interface Operation {
  kind: 'get' | 'put' | 'append';
  key: string;
  value: string;
}

/** What a snapshot contains: everything that the log up to it has led to. */
const snapshotCodec = valueCodec('snapshot', z.object({ values: z.record(z.string(), z.string()) }));

// ---- the server ----

/** The tester calls this for each server when it starts, and again after each crash. */
export const startKVServer: StartKVServer = (environment) => new Server(environment);

class Server implements KVServerHandle {
  readonly #environment: KVServerEnvironment;
  readonly #raft: RaftHandle;
  #values: Record<string, string> = {};

  /** The calls that clerks make. A handler may wait: it can be an async function. */
  readonly service: Service = makeService('KVServer', [
    bind(get, async ({ key }) => {
      await this.#execute({ kind: 'get', key, value: '' });
      return { error: 'ErrWrongLeader', value: '' };
    }),
    bind(putAppend, async (operation) => {
      await this.#execute(operation);
      return { error: 'ErrWrongLeader' };
    }),
  ]);

  constructor(environment: KVServerEnvironment) {
    this.#environment = environment;
    const { persister, makeRaft } = environment;
    const snapshot = persister.readSnapshot();
    if (snapshot.length > 0) this.#values = snapshotCodec.decode(snapshot).values;
    this.#raft = makeRaft((message) => this.#onApply(message));
  }

  kill(): void {
    this.#raft.kill();
  }

  /** Gets an operation into the log, and waits until it was executed, or cannot be any more. */
  async #execute(operation: Operation): Promise<void> {
    const { isLeader, index, term } = this.#raft.start(operation);
    // Wait until #onApply has executed the entry at this index, and look whether it is this one: with another term it is another
    // leader's. And do not wait for ever when this server stops leading.
    void [isLeader, index, term, this.#environment.clock];
  }

  /** Raft has committed an operation, or it has a snapshot that is newer than what is here. */
  #onApply(message: ApplyMsg): void {
    if (message.snapshotValid) {
      this.#values = snapshotCodec.decode(message.snapshot).values;
      return;
    }
    // Execute message.command, and answer the call that waits for message.commandIndex.
  }
}

// ---- the clerk ----

/** The tester calls this for each client. */
export const makeClerk: MakeClerk = (environment) => new Clerk(environment);

class Clerk implements ClerkHandle {
  readonly #environment: ClerkEnvironment;

  constructor(environment: ClerkEnvironment) {
    this.#environment = environment;
  }

  async get(key: string): Promise<string> {
    const { ends, clock } = this.#environment;
    for (;;) {
      for (const end of ends) {
        const answer = await end.call(get, { key });
        if (answer.ok && answer.reply.error === 'OK') return answer.reply.value;
      }
      await clock.sleep(100);
    }
  }

  put(key: string, value: string): Promise<void> {
    return this.#change({ kind: 'put', key, value });
  }

  append(key: string, value: string): Promise<void> {
    return this.#change({ kind: 'append', key, value });
  }

  async #change(args: { kind: 'put' | 'append'; key: string; value: string }): Promise<void> {
    const { ends, clock } = this.#environment;
    for (;;) {
      for (const end of ends) {
        const answer = await end.call(putAppend, args);
        if (answer.ok && answer.reply.error === 'OK') return;
      }
      await clock.sleep(100);
    }
  }
}

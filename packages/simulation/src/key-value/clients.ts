// The clients of the simulated key/value service: clerks of packages/kv, which crash, and retry through other servers.
import { Clerk, ClerkAbortedError, SessionExpiredError } from '@raftlab/kv';
import type { KeyValueInput, KeyValueOutput } from '@raftlab/linearizability';
import type { Clock, Random } from '@raftlab/runtime';
import type { Recorder } from '@raftlab/trace';
import type { SimNetwork } from '../sim-network.ts';
import { ClientHistory, type OperationCounts } from './client-history.ts';
import { inputOf, type ClientOperation } from './client-operation.ts';

export interface ClientsOptions {
  readonly count: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: SimNetwork;
  readonly servers: number;
  readonly recorder: Recorder | undefined;
  /** A call has failed in a way that no fault explains. */
  readonly onError: (error: unknown) => void;
}

/** One client from a start to a crash. */
interface ClientLife {
  readonly clerk: Clerk;
  readonly crash: AbortController;
  isBusy: boolean;
  /** By key, for compare-and-set. */
  readonly seenVersions: Map<string, number>;
}

export class Clients {
  readonly #options: ClientsOptions;
  readonly #history: ClientHistory;
  readonly #lives: ClientLife[];
  readonly #keys = new Set<string>();
  #lifeCount = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#history = new ClientHistory(options.clock, options.recorder);
    this.#lives = Array.from({ length: options.count }, (_, client) => this.#startLife(client));
  }

  get counts(): OperationCounts {
    return this.#history.counts;
  }

  get count(): number {
    return this.#lives.length;
  }

  /** The keys of all operations so far. */
  get keys(): readonly string[] {
    return [...this.#keys];
  }

  /** The clients that wait for no operation. */
  get idle(): readonly number[] {
    return this.#lives.flatMap(({ isBusy }, client) => (isBusy ? [] : [client]));
  }

  /** Starts an operation. Does nothing when the client waits for another, or does not exist. */
  begin(client: number, operation: ClientOperation): void {
    const life = this.#lives[client];
    if (life === undefined || life.isBusy) return;
    life.isBusy = true;
    this.#keys.add(operation.key);
    void this.#execute(client, life, operation).then(() => {
      life.isBusy = false;
    });
  }

  /** The client forgets its session and what it waits for, and starts again. */
  crash(client: number): void {
    const life = this.#lives[client];
    if (life === undefined) return;
    this.#lives[client] = this.#startLife(client);
    life.crash.abort(new Error(`client ${client} crashed`));
  }

  /** Ends all calls. */
  stop(): void {
    for (const { crash } of this.#lives) crash.abort(new Error('the run is over'));
  }

  /** Throws a HistoryViolation unless everything that the clients saw is linearizable. */
  check(): void {
    this.#history.check();
  }

  #startLife(client: number): ClientLife {
    const { clock, random, network, servers } = this.#options;
    this.#lifeCount += 1;
    const crash = new AbortController();
    // What arrives after a crash has nobody to go to.
    const run = (action: () => void): void => {
      if (!crash.signal.aborted) action();
    };
    const own = random.fork(`client ${client} life ${this.#lifeCount}`);
    // Not all ask the same server first.
    const first = own.int(0, servers - 1);
    const order = Array.from({ length: servers }, (_, position) => (first + position) % servers);
    const clerk = new Clerk(
      order.map((server) => network.end(servers + client, server, run)),
      { clock, random: own.fork('clerk'), endOf: (server) => order.indexOf(server) },
    );
    return { clerk, crash, isBusy: false, seenVersions: new Map() };
  }

  async #execute(client: number, life: ClientLife, operation: ClientOperation): Promise<void> {
    const { seenVersions } = life;
    const input = inputOf(operation, seenVersions.get(operation.key) ?? 0);
    const id = this.#history.called(client, input);
    try {
      const output = await perform(life, input, operation);
      if (output.version !== undefined) seenVersions.set(input.key, output.version);
      this.#history.returned(id, input, output);
    } catch (error) {
      if (error instanceof SessionExpiredError) return;
      if (!(error instanceof ClerkAbortedError)) this.#options.onError(error);
      else if (!error.mayHaveRun) this.#history.hadNoEffect(id);
    }
  }
}

async function perform(
  { clerk, crash: { signal } }: ClientLife,
  input: KeyValueInput,
  operation: ClientOperation,
): Promise<KeyValueOutput> {
  switch (input.kind) {
    case 'get': {
      const level = operation.kind === 'get' ? operation.level : 'linearizable';
      const pair = await clerk.get(input.key, { level, signal });
      return { value: pair?.value ?? null, version: pair?.version ?? 0 };
    }
    case 'put':
      return { version: (await clerk.put(input.key, input.value, { signal })).version };
    case 'append':
      return { version: (await clerk.append(input.key, input.value, { signal })).version };
    case 'delete':
      return { applied: (await clerk.delete(input.key, { signal })).applied };
    case 'compareAndSet': {
      const { applied, version } = await clerk.compareAndSet(input, input.value, { signal });
      return { applied, version };
    }
  }
}

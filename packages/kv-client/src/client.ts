// The client of the key/value service: what a program calls.
import {
  Attempts,
  rangeLimitMax,
  type KeyValueAnswer,
  type KeyValueCommand,
  type KeyValuePair,
  type KeyValueQuery,
  type KeyValueResult,
  type TransferOutcome,
} from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import type { Clock, Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { TcpClient } from '@raftlab/tcp';
import { CommandCall, ReadCall, type Reading } from './calls.ts';
import { attemptTimeoutMs } from './attempt-timeouts.ts';
import { Gate } from './gate.ts';
import { OperatorCalls, type ClientSnapshot, type ServerStatus } from './operator-calls.ts';
import { readsInFlightMax } from './options.ts';
import { PendingCalls, type ClientCallOptions, type ClientReadOptions } from './pending-calls.ts';
import type { ServerProblems } from './server-problems.ts';
import { SessionPool } from './session-pool.ts';

/** Which part of a range is read. */
export interface RangeOptions extends ClientReadOptions {
  /** How many keys at most, from 1 to `rangeLimitMax`. */
  readonly limit?: number | undefined;
  /** Only keys behind this one. */
  readonly after?: string | undefined;
}

/** What a client is made of. `connectKeyValue` makes it from the options of a program. */
export interface ClientParts {
  readonly network: TcpClient;
  readonly problems: ServerProblems;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  readonly sessions: number;
}

/**
 * A client of the key/value service. It finds the leader and follows it, repeats calls until their deadline, and never applies a
 * command twice. All methods may be called at any time; commands on the same key are executed in the order of the calls. A call
 * rejects with one of the errors of `errors.ts`, with CommandTooLargeError, or, when it is unknown whether a command has been executed because
 * its session has expired, with SessionExpiredError; and with a RangeError for arguments that the service does not accept.
 */
export class KeyValueClient {
  readonly #network: TcpClient;
  readonly #attempts: Attempts;
  readonly #pool: SessionPool;
  readonly #reading: Reading;
  readonly #pending: PendingCalls;
  readonly #operator: OperatorCalls;

  /** See `connectKeyValue`. */
  constructor({ network, problems, clock, random, deadlineMs, sessions }: ClientParts) {
    const { servers } = network;
    const serverAt = (position: number): ServerId => {
      const server = servers[position];
      assert(server !== undefined, () => `there is no end ${position}`);
      return server;
    };
    this.#network = network;
    this.#attempts = new Attempts(
      servers.map((server) => network.end(server)),
      {
        clock,
        random,
        attemptTimeoutMs,
        endOf: (server) => (servers.includes(server) ? servers.indexOf(server) : undefined),
      },
    );
    this.#reading = { attempts: this.#attempts, gate: new Gate(readsInFlightMax) };
    this.#pool = new SessionPool(this.#attempts, sessions);
    this.#pending = new PendingCalls({
      clock,
      deadlineMs,
      describe: (failures) =>
        new Map(
          [...failures]
            .toSorted(([a], [b]) => a - b)
            .map(([position, failure]) => {
              const server = serverAt(position);
              return [server, problems.describe(server, failure)];
            }),
        ),
    });
    this.#operator = new OperatorCalls({
      network,
      attempts: this.#attempts,
      pending: this.#pending,
      problems,
      serverAt,
    });
    // Deferred, so that the attempts whose connections were refused have ended, and are known to have had no effect.
    problems.onAllRefused = () => clock.defer(() => this.#pending.refuseAll());
  }

  /** The servers that the client knows. */
  get servers(): readonly ServerId[] {
    return this.#network.servers;
  }

  /** The pair of a key; undefined when the key is missing. */
  async get(key: string, options: ClientReadOptions = {}): Promise<KeyValuePair | undefined> {
    const { pairs } = await this.#read({ kind: 'get', key }, options);
    return pairs[0];
  }

  /**
   * The first keys that begin with `prefix`, in the order of their code units; 100 at most unless `limit`, from 1 to
   * `rangeLimitMax`, says so. With `after`, the first ones behind that key, which need not be there.
   */
  async range(prefix: string, options: RangeOptions = {}): Promise<KeyValueAnswer> {
    const { limit = 100, after } = options;
    const query = { kind: 'range', prefix, limit, ...(after !== undefined && { after }) } as const;
    return this.#read(query, options);
  }

  /**
   * All pairs whose keys begin with `prefix`, in order, or those behind `after`. They are read in pages of `limit` keys, `rangeLimitMax`
   * unless it says otherwise, and each page at its own moment: a key that is written meanwhile is returned once at most, with its value
   * before or after. The options apply to each page.
   */
  async *entries(prefix: string, options: RangeOptions = {}): AsyncGenerator<KeyValuePair, void> {
    let { after } = options;
    for (;;) {
      const { pairs, hasMore } = await this.range(prefix, { limit: rangeLimitMax, ...options, after });
      yield* pairs;
      if (!hasMore) return;
      after = pairs.at(-1)?.key;
      assert(after !== undefined, 'a page that is not the last one has a pair');
    }
  }

  /** Sets a key. */
  put(key: string, value: string, options?: ClientCallOptions): Promise<KeyValueResult> {
    return this.#execute({ kind: 'put', key, value }, options);
  }

  /** Appends to a key; a missing one is made. */
  append(key: string, value: string, options?: ClientCallOptions): Promise<KeyValueResult> {
    return this.#execute({ kind: 'append', key, value }, options);
  }

  /** Removes a key. `applied` is false when it was missing. */
  delete(key: string, options?: ClientCallOptions): Promise<KeyValueResult> {
    return this.#execute({ kind: 'delete', key }, options);
  }

  /** Sets a key if it has this version; version 0 means that it is missing. `applied` says whether it had. */
  async compareAndSet(
    { key, version }: { readonly key: string; readonly version: number },
    value: string,
    options?: ClientCallOptions,
  ): Promise<KeyValueResult> {
    return this.#execute({ kind: 'compareAndSet', key, value, version }, options);
  }

  /**
   * Asks every server for its status. Resolves when each has answered or cannot be reached, at the deadline at the latest; never
   * rejects because of a server.
   */
  status(options?: ClientCallOptions): Promise<ServerStatus[]> {
    return this.#operator.status(options);
  }

  /**
   * Asks the leader to hand leadership to another server, or, without `to`, to the one that is best prepared. Rejects with a
   * ReplyLostError when it is unknown how the transfer ended.
   */
  transfer(to?: ServerId, options?: ClientCallOptions): Promise<TransferOutcome> {
    return this.#operator.transfer(to, options);
  }

  /**
   * Opens a snapshot of all pairs, for a backup. At the level `local` it is that of any server, also without a majority. The
   * options apply to each call that reading it takes.
   */
  openSnapshot(options?: ClientReadOptions): Promise<ClientSnapshot> {
    return this.#operator.openSnapshot(options);
  }

  /** Ends the pending calls and the connections. Idempotent. */
  close(): void {
    this.#pending.close();
    this.#network.close();
  }

  #read(query: KeyValueQuery, options: ClientReadOptions): Promise<KeyValueAnswer> {
    return this.#pending.run(new ReadCall(this.#reading, query, options.level), options);
  }

  #execute(command: KeyValueCommand, options: ClientCallOptions = {}): Promise<KeyValueResult> {
    return this.#pending.run(new CommandCall(this.#pool, command), options);
  }
}

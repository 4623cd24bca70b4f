// The server processes of a cluster on this machine.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serverNodeFlags } from '@raftlab/kv-server';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { CommandError } from '../../command-error.ts';
import { quoted } from '../../quoted.ts';
import type { LocalCluster, LocalServer } from '../local-cluster.ts';

/** A server says that it takes connections within this time, in ms: it may have a long log to read. */
const startMaxMs = 60_000;
/** A server that was asked to stop ends within this time, in ms; then it is killed. */
const stopMaxMs = 8000;
/** Shorter than the default, so that the others go on soon when one is killed, in ms. */
const electionTimeoutMs = 300;

const program = fileURLToPath(new URL('../../main.js', import.meta.url));

/** What happened to a server by itself. */
export type OnEnd = (server: number, how: string) => void;

/** Starts, stops and kills servers. */
export class ServerProcesses {
  readonly #cluster: LocalCluster;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #onEnd: OnEnd;
  readonly #running = new Map<number, ChildProcess>();
  /** Those whose end was asked for. */
  readonly #ending = new Set<ChildProcess>();

  /** `folder` has their data and logs. `onEnd` is called for a server that ends without having been asked to. */
  constructor(
    cluster: LocalCluster,
    { folder, clock, onEnd }: { readonly folder: string; readonly clock: Clock; readonly onEnd: OnEnd },
  ) {
    this.#cluster = cluster;
    this.#folder = folder;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** The servers that run, or are about to. */
  get running(): readonly number[] {
    return [...this.#running.keys()];
  }

  /** The process of a server; undefined when it does not run. */
  pidOf(server: number): number | undefined {
    return this.#running.get(server)?.pid;
  }

  /** Where the server writes its log. */
  logOf(server: number): string {
    return join(this.#folder, `server-${server}.log`);
  }

  /** Starts a server and resolves when it takes connections. Throws CommandError when it ends instead. */
  async start(server: number): Promise<void> {
    assert(!this.#running.has(server), () => `server ${server} runs already`);
    const described = this.#cluster.servers.find((each) => each.server === server);
    assert(described !== undefined, () => `the cluster has no server ${server}`);
    const log = openSync(this.logOf(server), 'a');
    const words = [program, 'kv', 'serve', ...this.#argumentsOf(described)];
    const child = spawn(process.execPath, [...serverNodeFlags, ...words], {
      // The channel closes when this process ends, and the server ends then. Its group is its own: Ctrl-C at the prompt is for this process.
      stdio: ['ignore', 'pipe', log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    this.#running.set(server, child);
    child.once('exit', (code, signal) => {
      this.#running.delete(server);
      if (!this.#ending.delete(child)) this.#onEnd(server, signal ?? `exit status ${code}`);
    });
    await this.#ready(server, child);
  }

  /** Ends a server with kill -9, and waits until it is gone. */
  async kill(server: number): Promise<void> {
    await this.#end(server, 'SIGKILL');
  }

  /** Asks a server to stop, and waits until it is gone. */
  async stop(server: number): Promise<void> {
    await this.#end(server, 'SIGTERM');
  }

  /** Stops all of them. */
  async stopAll(): Promise<void> {
    await Promise.all(this.running.map((server) => this.stop(server)));
  }

  async #end(server: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#running.get(server);
    if (child === undefined) return;
    this.#ending.add(child);
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const timer = this.#clock.setTimer(stopMaxMs, () => void child.kill('SIGKILL'));
    await gone;
    timer.cancel();
  }

  #argumentsOf({ server, port, httpPort }: LocalServer): string[] {
    const { cluster, host, endpoints } = this.#cluster;
    const data = join(this.#folder, `server-${server}`);
    const settings = {
      id: server,
      cluster,
      data,
      listen: `${host}:${port}`,
      http: `${host}:${httpPort}`,
      peers: endpoints,
      'election-timeout-ms': electionTimeoutMs,
    };
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  }

  /** The line that a server prints when it takes connections. */
  #ready(server: number, child: ChildProcess): Promise<void> {
    const { stdout } = child;
    assert(stdout !== null, 'the output of a server is a pipe');
    return new Promise((resolve, reject) => {
      const fail = (how: string): void =>
        reject(
          new CommandError(`server ${server} did not start (${how}); see ${quoted(this.logOf(server))}.`),
        );
      const timer = this.#clock.setTimer(startMaxMs, () => {
        child.kill('SIGKILL');
        fail(`nothing for ${startMaxMs / 1000} s`);
      });
      child.once('exit', (code, signal) => {
        timer.cancel();
        fail(signal ?? `exit status ${code}`);
      });
      child.once('error', (error) => fail(error.message));
      createInterface({ input: stdout }).once('line', () => {
        timer.cancel();
        resolve();
      });
      // Later output is not expected; it must not fill the pipe.
      stdout.resume();
    });
  }
}

// The processes of a campaign: starts, signals and restarts them, and knows which one leads.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { statusMethod } from '@raftlab/kv';
import { ServerProcess } from '../kernel/server-process.mjs';

/** A server that was told to stop has this long, in ms. Then it is killed, and that is reported. */
const stopMaxMs = 8000;
/** A server that starts listens within this time, in ms, or the campaign fails. */
const startMaxMs = 20_000;
/** How often the servers are asked for their status, in ms. */
const statusEveryMs = 100;
const statusMaxMs = 300;
/** Servers write snapshots, and receive them, often. */
const snapshotBytes = 256 * 1024;
/** Shorter than the default, so that there are many elections, in ms. */
const electionTimeoutMs = 300;
const preload = new URL('preload.mjs', import.meta.url).href;
const commandLine = fileURLToPath(new URL('../../apps/raftlab/dist/main.js', import.meta.url));
const canaryServer = fileURLToPath(new URL('canary-server.mjs', import.meta.url));

/** @typedef {import('./network.mjs').Address} Address */

/**
 * @typedef {object} ServersOptions
 * @property {string} cluster
 * @property {readonly number[]} servers
 * @property {string} folder Where data and logs are.
 * @property {string | undefined} canary The bug that the servers have.
 * @property {ReadonlyMap<number, import('./certificates.mjs').Files> | undefined} certificates
 * @property {(server: number) => ReadonlyMap<number, Address>} peersOf
 * @property {(event: { kind: 'start' | 'crash' | 'pause' | 'resume', server: number }) => void} onEvent
 * @property {(server: number, report: import('@raftlab/kv').ServerReport) => void} onReport A server says that it has another role or term
 *   than before.
 * @property {(problem: string) => void} onProblem A server did what it must not do.
 */

/** @typedef {{ process: ServerProcess, port: number | undefined, mayEnd: boolean }} Running */

export class Servers {
  #options;
  /** @type {Map<number, Running>} */
  #running = new Map();
  /** What each server last said. @type {Map<number, import('@raftlab/kv').ServerReport>} */
  #reports = new Map();
  #isStopped = false;

  /** @param {ServersOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Where it listens; undefined when it does not. @param {number} server */
  portOf(server) {
    return this.#running.get(server)?.port;
  }

  /** The server with the highest term of those that say that they lead. @returns {number | undefined} */
  get leader() {
    let leader;
    let highestTerm = -1;
    for (const [server, { role, term }] of this.#reports) {
      if (role !== 'leader' || term <= highestTerm || this.portOf(server) === undefined) continue;
      [leader, highestTerm] = [server, term];
    }
    return leader;
  }

  /** Asks every server for its status until `stop`. @param {import('@raftlab/tcp').TcpClient} client @param {import('@raftlab/runtime').Clock} clock */
  async watch(client, clock) {
    while (!this.#isStopped) {
      await Promise.all(
        this.#options.servers.map(async (server) => {
          const result = await client.end(server).call(statusMethod, null, { deadlineMs: statusMaxMs });
          if (result.ok) this.#take(server, result.reply);
          else this.#reports.delete(server);
        }),
      );
      await clock.sleep(statusEveryMs);
    }
  }

  /** Resolves when the server listens. @param {number} server */
  async start(server) {
    if (this.#isStopped) return;
    const { folder, onProblem, onEvent } = this.#options;
    const log = openSync(join(folder, `server-${server}.log`), 'a');
    const argv = ['--import', preload, ...this.#argvOf(server)];
    const process = new ServerProcess({ argv, stdio: ['ignore', 'pipe', log, 'ipc'] });
    closeSync(log);
    /** @type {Running} */
    const running = { process, port: undefined, mayEnd: false };
    this.#running.set(server, running);
    onEvent({ kind: 'start', server });
    void process.ended.then((how) => {
      running.port = undefined;
      onEvent({ kind: 'crash', server });
      if (!running.mayEnd && !this.#isStopped)
        onProblem(`server ${server} has ended with ${how}, although nothing was done to it`);
    });
    running.port = await portIn(process);
    if (running.port === undefined && !running.mayEnd && !this.#isStopped)
      onProblem(`server ${server} does not listen ${startMaxMs} ms after its start`);
  }

  /** kill -9; resolves when the process is gone. @param {number} server */
  async kill(server) {
    const running = this.#running.get(server);
    if (running === undefined) return;
    running.mayEnd = true;
    running.port = undefined;
    await running.process.kill();
  }

  /** SIGTERM; resolves when the process is gone. @param {number} server */
  async terminate(server) {
    const running = this.#running.get(server);
    if (running === undefined || !running.process.isRunning) return;
    running.mayEnd = true;
    running.process.signal('SIGTERM');
    const how = await within(stopMaxMs, running.process.ended);
    if (how === undefined)
      this.#options.onProblem(`server ${server} has not ended ${stopMaxMs} ms after SIGTERM`);
    else if (how !== 0)
      this.#options.onProblem(`server ${server} has ended with ${how} after SIGTERM; it must be 0`);
    await running.process.kill();
  }

  /** @param {number} server @param {boolean} isPaused */
  pause(server, isPaused) {
    const process = this.#running.get(server)?.process;
    if (process === undefined || !process.isRunning) return;
    process.signal(isPaused ? 'SIGSTOP' : 'SIGCONT');
    this.#options.onEvent({ kind: isPaused ? 'pause' : 'resume', server });
  }

  /** Writes take so much longer, in ms; 0 is as fast as the disk is. @param {number} server @param {number} delayMs */
  slowDisk(server, delayMs) {
    this.#running.get(server)?.process.send(delayMs);
  }

  /**
   * From now on a write of the server beyond the first kilobyte of a file fails, as on a full disk. Returns whether this system can do
   * that. @param {number} server
   */
  fillDisk(server) {
    const running = this.#running.get(server);
    const pid = running?.process.pid;
    if (running === undefined || pid === undefined || !running.process.isRunning) return false;
    running.mayEnd = true;
    return spawnSync('prlimit', ['--pid', String(pid), '--fsize=1024:unlimited']).status === 0;
  }

  /** Resolves when the process has ended by itself, or after this time. @param {number} server @param {number} maxMs */
  async gone(server, maxMs) {
    const process = this.#running.get(server)?.process;
    if (process !== undefined) await within(maxMs, process.ended);
  }

  /** Kills every process. Synchronous: for the end of the campaign, however it comes. */
  stop() {
    this.#isStopped = true;
    for (const { process } of this.#running.values()) process.signal('SIGKILL');
  }

  /** @param {number} server @param {import('@raftlab/kv').ServerReport} report */
  #take(server, report) {
    const before = this.#reports.get(server);
    this.#reports.set(server, report);
    if (before?.role !== report.role || before.term !== report.term) this.#options.onReport(server, report);
  }

  /** @param {number} server */
  #argvOf(server) {
    const { cluster, folder, canary, certificates, peersOf } = this.#options;
    const files = certificates?.get(server);
    const peers = [...peersOf(server)].map(([id, { host, port }]) => `${id}=${host}:${port}`);
    // This server's own entry is only there to name it.
    const all = [`${server}=127.0.0.1:1`, ...peers].join(',');
    const flags = {
      id: String(server),
      cluster,
      data: join(folder, `data-${server}`),
      peers: all,
      listen: '127.0.0.1:0',
      http: '127.0.0.1:0',
      'snapshot-bytes': String(snapshotBytes),
      'election-timeout-ms': String(electionTimeoutMs),
      ...(files && {
        'tls-cert': files.cert,
        'tls-key': files.key,
        'tls-ca': files.ca,
      }),
    };
    const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    return canary === undefined
      ? [commandLine, 'kv', 'serve', ...words]
      : [canaryServer, '--canary', canary, ...words];
  }
}

/** The port that the process prints when it listens; undefined when it ends before, or takes too long. @param {ServerProcess} process */
function portIn(process) {
  /** @type {Promise<number>} */
  const printed = new Promise((resolve) => {
    let text = '';
    process.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ more) => {
      text += more;
      const [, port] = / listens on \S+?:(\d+),/.exec(text) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
  });
  return within(startMaxMs, Promise.race([printed, process.ended.then(() => undefined)]));
}

/** Undefined when it takes longer. @template T @param {number} maxMs @param {Promise<T>} promise @returns {Promise<T | undefined>} */
async function within(maxMs, promise) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<undefined>} */
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve(undefined), maxMs)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

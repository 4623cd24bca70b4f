// Three processes of the server in the README of raft-core, under load: the leader is killed again and again, and comes back. Prints how
// long nothing was committed after each kill, and whether anything that was acknowledged is lost.
// usage: node tools/kernel/leader-kills.mjs --help
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { valueMethod } from '@raftlab/rpc';
import { Random, SystemClock } from '@raftlab/runtime';
import { connect } from '@raftlab/tcp';
import { z } from 'zod';
import { freePorts } from './free-ports.mjs';
import { ServerProcess } from './server-process.mjs';
import { countOption, readOptions } from '../options.mjs';

const host = '127.0.0.1';
const cluster = 'counter';
const serverCount = 3;
/** A call that takes longer has met a server that does not lead any more. */
const callMaxMs = 1000;
/** After a kill something is committed within this time, or the run has failed. */
const recoveryMaxMs = 60_000;
/** Load between two kills. */
const betweenKillsMs = 700;
const add = valueMethod('Counter.Add', { args: z.int(), reply: z.int() });
const clock = new SystemClock();

const usage = `usage: node tools/kernel/leader-kills.mjs [options]; build first
  --kills N      of the leader's process (default 50)
  --in-flight N  calls (default 64)
TMPDIR says on which disk.`;
const flags = readOptions(
  { kills: { type: 'string', default: '50' }, 'in-flight': { type: 'string', default: '64' } },
  usage,
);
const kills = countOption('kills', flags.kills, usage);
const inFlight = countOption('in-flight', flags['in-flight'], usage);

/** The processes, and a client that adds one at the leader, so many times at once. */
class Cluster {
  acknowledged = 0;
  attempted = 0;
  /** The highest count that any reply has said. */
  count = 0;
  leader = 0;
  lastCommitAt = 0;
  isStopped = false;
  /** @type {Map<number, ServerProcess>} */
  #processes = new Map();
  #addresses;
  #client;
  #folder;
  #data;

  /** @param {readonly number[]} ports @param {{ programs: string, data: string }} folders */
  constructor(ports, { programs, data }) {
    this.#folder = programs;
    this.#data = data;
    this.#addresses = new Map(ports.map((port, id) => [id, { host, port }]));
    this.#client = connect(this.#addresses, { cluster, clock, random: Random.fromSeed(clock.now()) });
    for (const server of this.#addresses.keys()) this.start(server);
  }

  /** @param {number} server */
  start(server) {
    const ports = [...this.#addresses.values()].map(({ port }) => String(port));
    const argv = [
      join(this.#folder, 'server.mjs'),
      String(server),
      join(this.#data, `data-${server}`),
      ...ports,
    ];
    this.#processes.set(server, new ServerProcess({ argv, stdio: ['ignore', 'ignore', 'inherit'] }));
  }

  /** @param {number} server */
  async kill(server) {
    await this.#processes.get(server)?.kill();
  }

  /** Adds ones until the cluster is stopped. */
  async load() {
    while (!this.isStopped) {
      const server = this.leader;
      this.attempted += 1;
      const result = await this.#client.end(server).call(add, 1, { deadlineMs: callMaxMs });
      if (result.ok) {
        this.acknowledged += 1;
        this.leader = server;
        this.count = Math.max(this.count, result.reply);
        this.lastCommitAt = clock.now();
        continue;
      }
      if (server === this.leader) this.leader = (this.leader + 1) % serverCount;
      await clock.sleep(10);
    }
  }

  /** Resolves when the server answers calls: then a kill of another one leaves a majority. @param {number} server */
  async isBack(server) {
    const endsAt = clock.now() + recoveryMaxMs;
    while (clock.now() < endsAt) {
      const result = await this.#client.end(server).call(add, 0, { deadlineMs: callMaxMs });
      if (result.ok || result.reason === 'declined') return;
      await clock.sleep(20);
    }
    throw new Error(`server ${server} has not come back within ${recoveryMaxMs} ms`);
  }

  stop() {
    this.isStopped = true;
    this.#client.close();
    for (const process of this.#processes.values()) process.signal('SIGKILL');
  }
}

const programs = fileURLToPath(new URL('../reports/leader-kills', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'raftlab-leader-kills-'));
mkdirSync(programs, { recursive: true });
writeFileSync(join(programs, 'server.mjs'), serverProgram());
const processes = new Cluster(await freePorts(serverCount), { programs, data });
try {
  await run(processes);
} finally {
  processes.stop();
  rmSync(data, { recursive: true, force: true });
}

/** @param {Cluster} servers */
async function run(servers) {
  for (let caller = 0; caller < inFlight; caller += 1) void servers.load();
  await commitAfter(servers, 0);
  /** How long nothing was committed, for each kill, in ms. */
  const pauses = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await clock.sleep(betweenKillsMs);
    const killed = servers.leader;
    const before = clock.now();
    await servers.kill(killed);
    pauses.push((await commitAfter(servers, clock.now())) - before);
    servers.start(killed);
    await servers.isBack(killed);
  }
  const { count } = servers;
  const { acknowledged, attempted } = servers;
  pauses.sort((a, b) => a - b);
  const median = pauses[Math.floor(pauses.length / 2)] ?? NaN;
  const lost = Math.max(0, acknowledged - count);
  console.log(
    `${kills} kills of the leader, ${inFlight} calls in flight: next commit after ${median.toFixed(0)} ms (median), ` +
      `${(pauses.at(-1) ?? NaN).toFixed(0)} ms (worst); ${acknowledged} acknowledged of ${attempted}, counted ${count}, ${lost} lost`,
  );
  process.exitCode = lost === 0 && count <= attempted ? 0 : 1;
}

/** When something was committed after this time. @param {Cluster} servers @param {number} time */
async function commitAfter(servers, time) {
  const endsAt = clock.now() + recoveryMaxMs;
  while (servers.lastCommitAt <= time) {
    if (clock.now() > endsAt) throw new Error(`nothing was committed for ${recoveryMaxMs} ms`);
    await clock.sleep(5);
  }
  return servers.lastCommitAt;
}

function serverProgram() {
  const readme = readFileSync(new URL('../../packages/raft-core/README.md', import.meta.url), 'utf8');
  const [, program] = /^```js\n(\/\/ node server\.mjs .*?)^```$/ms.exec(readme) ?? [];
  if (program === undefined) throw new Error('the README of raft-core shows no server.mjs');
  return program;
}

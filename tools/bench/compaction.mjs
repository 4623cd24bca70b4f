// Three peers that take a snapshot every 1,000 entries: what stays in memory must not grow with the number of commands.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Network, Server } from '@raftlab/labrpc';
import { Persister } from '@raftlab/persister';
import { valueCodec } from '@raftlab/protocol';
import { make } from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import { z } from 'zod';
import { row, timed } from './measurement.mjs';

const commandCount = 1_000_000;
const snapshotInterval = 1000;
const reportInterval = 250_000;
/** So many commands are proposed before the others get their turn. */
const commandsPerTurn = 250;
const serverCount = 3;

/** @type {import('./measurement.mjs').Measurement} */
export const compaction = {
  name: 'compaction',
  title: `heap used by ${serverCount} peers that compact every ${snapshotInterval.toLocaleString('en')} entries, after n commands`,
  async measure() {
    const clock = new VirtualClock();
    const cluster = startCluster(clock);
    /** @type {import('./measurement.mjs').Row[]} */
    const rows = [];
    const { wallMs } = await timed(() =>
      clock.run(async () => {
        let leader = cluster.leader();
        for (; leader === undefined; leader = cluster.leader()) await clock.sleep(100);
        for (let proposed = 0; proposed < commandCount;) {
          for (let turn = 0; turn < commandsPerTurn; turn += 1) {
            proposed += 1;
            if (!leader.start(proposed).isLeader)
              throw new Error(`leadership was lost after ${proposed} commands`);
          }
          while (cluster.appliedEverywhere() < proposed) await nextTurn(clock);
          if (proposed % reportInterval === 0) {
            rows.push(row(`after ${proposed.toLocaleString('en')}`, 'MB', [heapUsedBytes() / 1e6]));
          }
        }
      }),
    );
    cluster.stop();
    rows.push(
      row('throughput on the way (harness included)', 'commands/s', [commandCount / (wallMs / 1000)]),
    );
    return rows;
  },
};

/** @param {VirtualClock} clock */
function startCluster(clock) {
  const random = Random.fromSeed(1);
  const network = new Network({ clock, random: random.fork('network') });
  const applied = Array.from({ length: serverCount }, () => 0);
  const servers = Array.from({ length: serverCount }, (_, me) => me);
  const rafts = servers.map((me) => {
    const peers = servers.map((to) => {
      const end = network.makeEnd(`${me} to ${to}`);
      network.connect(end.name, to);
      network.enable(end.name, true);
      return end;
    });
    /** @type {ReturnType<typeof make<number>>} */
    const raft = make(
      peers,
      me,
      new Persister(),
      (message) => {
        const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
        applied[me] = index;
        if (index % snapshotInterval === 0) raft.snapshot(index, Uint8Array.of(1, 2, 3, 4));
      },
      { clock, random: random.fork(`server ${me}`), commandCodec: valueCodec('command', z.int()) },
    );
    const server = new Server();
    server.addService(raft.service);
    network.addServer(me, server);
    return raft;
  });
  return {
    leader: () => rafts.find((raft) => raft.getState().isLeader),
    appliedEverywhere: () => Math.min(...applied),
    stop() {
      for (const raft of rafts) raft.kill();
      network.cleanup();
    },
  };
}

/** @param {VirtualClock} clock */
function nextTurn(clock) {
  return new Promise((resolve) => {
    clock.setTimer(1, () => resolve(undefined));
  });
}

/** What is reachable: the heap after a full collection, and the bytes outside it that it holds. */
function heapUsedBytes() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// One server of the measurement of snapshots, on wal and tcp. Its service is the bytes of its snapshot and a count: a snapshot that it
// restores is its state, so these bytes are in memory once. It reports to its parent over IPC.
// usage: node snapshot-server.mjs ME DIRECTORY PORT..., started by snapshot-transfer.mjs
import { existsSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { Membership } from '@raftlab/protocol';
import { Raft, serviceConfig } from '@raftlab/raft-core';
import { valueCodec } from '@raftlab/rpc';
import { Random, SystemClock } from '@raftlab/runtime';
import { listen } from '@raftlab/tcp';
import { openWal } from '@raftlab/wal';
import { z } from 'zod';
import { collectGarbage } from './measurement.mjs';

export const cluster = 'bench';
const host = '127.0.0.1';
/** A leader proposes a command this often, in ms, and measures how long it takes. */
const proposeEveryMs = 5;

/**
 * @typedef {object} Report
 * @property {number} term
 * @property {number} leaderCount How often another server was seen to lead.
 * @property {boolean} isLeader
 * @property {number} snapshotBytes The size of the service's state.
 * @property {number} sentBytes Of snapshots, to all others.
 * @property {number} firstChunkAt By `Date.now`; 0 if none was sent.
 * @property {number} deliveredAt When a follower acknowledged the last chunk; 0 if none did.
 * @property {number} committed
 * @property {number} slowestMs The slowest commit while a snapshot was sent.
 * @property {string[]} warnings
 */

/** The peer and its service. */
class SnapshotServer {
  /** @type {Report} */
  report = {
    term: 0,
    leaderCount: 0,
    isLeader: false,
    snapshotBytes: 0,
    sentBytes: 0,
    firstChunkAt: 0,
    deliveredAt: 0,
    committed: 0,
    slowestMs: 0,
    warnings: [],
  };
  #me;
  /** @type {Uint8Array} */
  #state = new Uint8Array(0);
  /** When each command was proposed here. @type {Map<number, number>} */
  #proposed = new Map();
  #leaderId = -1;

  /** @param {number} me */
  constructor(me) {
    this.#me = me;
  }

  /** @param {string} directory @param {readonly number[]} ports */
  async start(directory, ports) {
    const me = this.#me;
    const clock = new SystemClock();
    const random = Random.fromSeed(`${process.pid} ${clock.now()}`);
    const start = existsSync(directory) ? 'existing' : 'new';
    const wal = await openWal(directory, { cluster, server: me, start });
    const stored = await wal.load();
    this.#restore(stored?.snapshot?.data ?? new Uint8Array(0));
    const peers = new Map(ports.map((port, id) => [id, { host, port }]));
    const { transport } = await listen({
      cluster,
      server: me,
      host,
      port: ports[me] ?? 0,
      peers,
      clock,
      random,
    });
    const raft = new Raft({
      me,
      membership: Membership.ofSize(ports.length),
      transport,
      // The service has restored itself, and the peer begins with the same bytes.
      storage: {
        load: () => stored,
        write: (batch) => wal.write(batch),
        stage: (data) => wal.stage(data),
        close: () => wal.close(),
      },
      applyCh: (message) => this.#apply(message),
      commandCodec: valueCodec('command', z.int()),
      sharesSnapshots: true,
      clock,
      random,
      config: serviceConfig,
      listener: { onStanding: (standing) => this.#onStanding(standing) },
      observer: { onSend: ({ message }) => this.#onSend(message) },
      onWarning: (warning) => this.report.warnings.push(JSON.stringify(warning)),
    });
    transport.connect(raft);
    setInterval(() => this.#propose(raft), proposeEveryMs);
  }

  /** The checksum of the state: the event loop is blocked meanwhile. */
  get checksum() {
    return crc32(this.#state);
  }

  /** @param {Uint8Array} state */
  #restore(state) {
    this.#state = state;
    this.report.snapshotBytes = state.length;
  }

  /** @param {import('@raftlab/protocol').ApplyMsg<number>} message */
  #apply(message) {
    if (message.snapshotValid) this.#restore(message.snapshot);
    if (!message.commandValid) return;
    this.report.committed += 1;
    const proposedAt = this.#proposed.get(message.commandIndex);
    this.#proposed.delete(message.commandIndex);
    const { firstChunkAt, deliveredAt } = this.report;
    if (proposedAt === undefined || firstChunkAt === 0 || deliveredAt > 0) return;
    this.report.slowestMs = Math.max(this.report.slowestMs, Date.now() - proposedAt);
  }

  /** @param {Raft<number>} raft */
  #propose(raft) {
    if (!this.report.isLeader) return;
    const started = raft.start(1);
    if (started.isLeader) this.#proposed.set(started.index, Date.now());
    const { firstChunkAt, deliveredAt } = this.report;
    if (firstChunkAt === 0 || deliveredAt > 0) return;
    const { role, followers, log } = raft.status();
    if (role === 'leader' && followers.every(({ matchIndex }) => matchIndex >= log.snapshotIndex))
      this.report.deliveredAt = Date.now();
  }

  /** @param {import('@raftlab/raft-core').Standing} standing */
  #onStanding({ role, term, leaderId }) {
    this.report.isLeader = role === 'leader';
    this.report.term = term;
    if (leaderId === undefined || leaderId === this.#leaderId) return;
    this.#leaderId = leaderId;
    this.report.leaderCount += 1;
  }

  /** @param {import('@raftlab/protocol').Message} message */
  #onSend(message) {
    if (message.kind !== 'installSnapshot') return;
    this.report.firstChunkAt ||= Date.now();
    this.report.sentBytes += message.args.data.length;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [me, directory = '', ...ports] = process.argv.slice(2);
  const server = new SnapshotServer(Number(me));
  await server.start(directory, ports.map(Number));
  collectGarbage();
  process.on('message', (question) => {
    process.send?.(question === 'checksum' ? server.checksum : server.report);
  });
  process.send?.('started');
}

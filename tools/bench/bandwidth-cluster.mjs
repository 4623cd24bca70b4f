// Peers in virtual time whose messages cross links with a bandwidth and a latency. Messages are objects, not bytes: a snapshot of
// a gigabyte is one buffer that no message copies, and the size of a message is estimated from what it carries.
import { Link } from '@raftlab/labrpc';
import { appliedIndexOf, isRequest, Membership, payloadOf } from '@raftlab/protocol';
import { Raft, serviceConfig } from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';

const messageOverheadBytes = 40;
const entryOverheadBytes = 8;
const serverCount = 3;
/** Larger than by default, for a command that takes as long as an election timeout. */
const maxCommandBytes = 16_000_000;

/** @type {import('@raftlab/rpc').Codec<Uint8Array>} */
const commandCodec = {
  name: 'bytes',
  encode: (value) => new Uint8Array(value),
  decode: (bytes) => new Uint8Array(bytes),
};

/**
 * @typedef {object} BandwidthClusterOptions
 * @property {number} bytesPerMs of each direction of each link
 * @property {number} [latencyMs]
 * @property {number} [absent] the server that does not start: one that starts anew has lost what it acknowledged, and gets nothing
 * @property {(server: number, message: import('@raftlab/protocol').ApplyMsg<Uint8Array>) => void | Promise<void>} [onApply]
 */

/** Three servers, 0 to 2. Storage keeps nothing and takes no time. */
export class BandwidthCluster {
  clock = new VirtualClock();
  /** How far each server has applied. */
  applied = [0, 0, 0];
  /** Leaders elected so far. */
  leaderCount = 0;
  /** The core's state by server. @type {Array<import('@raftlab/raft-core').RaftState | undefined>} */
  states = [];
  #options;
  #random = Random.fromSeed(1);
  /** @type {Array<Raft<Uint8Array> | undefined>} */
  #peers = [];
  /** @type {Map<string, Link>} */
  #links = new Map();
  #lives = 0;

  /** @param {BandwidthClusterOptions} options */
  constructor(options) {
    this.#options = options;
    for (let me = 0; me < serverCount; me += 1) if (me !== options.absent) this.start(me);
  }

  /** @param {number} me */
  peer(me) {
    const peer = this.#peers[me];
    if (peer === undefined) throw new Error(`server ${me} is down`);
    return peer;
  }

  /** Starts a server from nothing. @param {number} me */
  start(me) {
    this.#lives += 1;
    this.applied[me] = 0;
    this.#peers[me] = new Raft({
      me,
      membership: Membership.ofSize(serverCount),
      storage: { load: () => undefined, write: () => undefined, close: () => Promise.resolve() },
      transport: {
        send: (envelope) => this.#send(me, envelope),
        close: () => undefined,
      },
      applyCh: (message) => {
        this.applied[me] = appliedIndexOf(message);
        return this.#options.onApply?.(me, message);
      },
      clock: this.clock,
      random: this.#random.fork(`server ${me}, life ${this.#lives}`),
      commandCodec,
      config: { ...serviceConfig, maxCommandBytes, snapshotTailEntries: 0, snapshotTailBytes: 0 },
      observer: {
        onBegin: (state) => {
          this.states[me] = state;
        },
        onStep: (_input, { roleChange }) => {
          if (roleChange?.role === 'leader') this.leaderCount += 1;
        },
      },
      onError: (error) => {
        throw error;
      },
    });
  }

  /** Connections to it are refused from now on. @param {number} me */
  crash(me) {
    this.#peers[me]?.kill();
    this.#peers[me] = undefined;
    this.states[me] = undefined;
    for (const [name, link] of this.#links) if (name.split('>').includes(String(me))) link.reset();
  }

  /** The bytes that were sent to a server so far. @param {number} to */
  sentBytesTo(to) {
    let bytes = 0;
    for (const [name, { tallies }] of this.#links) if (name.endsWith(`>${to}`)) bytes += tallies.sentBytes;
    return bytes;
  }

  /** Waits until a server leads that has applied its own noop. */
  async leader() {
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 10) {
      const me = this.#peers.findIndex((peer) => peer?.getState().isLeader === true);
      const state = this.states[me];
      if (state !== undefined && state.commitIndex === state.log.lastIndex) return me;
      await this.clock.sleep(10);
    }
    throw new Error('no leader within 60 s');
  }

  stop() {
    for (const peer of this.#peers) peer?.kill();
  }

  /** @param {number} from @param {import('@raftlab/raft-core').Envelope} envelope */
  #send(from, { to, message, ticket, isUrgent }) {
    const lose = () => this.#peers[from]?.unreachable(to, ticket);
    if (this.#peers[to] === undefined) {
      this.clock.setTimer(0.1, lose);
      return;
    }
    this.#link(from, to).send({
      sizeBytes: sizeOf(message),
      isUrgent,
      arrive: () => this.#peers[to]?.receive(from, message),
      lose,
    });
  }

  /** @param {number} from @param {number} to */
  #link(from, to) {
    const { bytesPerMs, latencyMs = 1 } = this.#options;
    const name = `${from}>${to}`;
    const link = this.#links.get(name) ?? new Link({ clock: this.clock, bytesPerMs, latencyMs });
    this.#links.set(name, link);
    return link;
  }
}

/** @param {import('@raftlab/protocol').Message} message */
function sizeOf(message) {
  let bytes = messageOverheadBytes;
  if (!isRequest(message)) return bytes;
  if (message.kind === 'appendEntries') {
    for (const entry of message.args.entries) bytes += payloadOf(entry).length + entryOverheadBytes;
  } else if (message.kind === 'installSnapshot') {
    bytes += message.args.data.length;
  }
  return bytes;
}

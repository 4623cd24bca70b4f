// Peers in one process, with labrpc, for the measurements: every command includes its encoding, the wire, the Persister and the
// decoding on every server. It counts the applied entries of each server, and can crash and restart a server.
import { appliedIndexOf } from '@raftlab/protocol';
import { Network, Server } from '@raftlab/labrpc';
import { Persister } from '@raftlab/persister';
import { make } from '@raftlab/raft-core';
import { Random } from '@raftlab/runtime';

/** @typedef {import('@raftlab/raft-core').Raft<any>} Peer */

/**
 * @typedef {object} ClusterOptions
 * @property {import('@raftlab/runtime').Clock} clock
 * @property {number} serverCount
 * @property {import('@raftlab/rpc').Codec<any>} commandCodec
 * @property {(server: number, index: number, peer: Peer) => void} [onApply]
 * @property {(persister: Persister) => import('@raftlab/storage').Storage} [storageOver] the Persister itself by default
 */

export class BenchCluster {
  /** How far each server has applied. @type {number[]} */
  applied;
  network;
  #options;
  /** @type {Persister[]} */
  persisters;
  /** @type {Array<Peer | undefined>} */
  #peers = [];
  #incarnation = 0;
  #random = Random.fromSeed(1);

  /** @param {ClusterOptions} options */
  constructor(options) {
    this.#options = options;
    this.network = new Network({ clock: options.clock, random: this.#random.fork('network') });
    this.applied = Array.from({ length: options.serverCount }, () => 0);
    this.persisters = this.applied.map(() => new Persister());
    for (let me = 0; me < options.serverCount; me += 1) this.start(me);
  }

  /** @param {number} me */
  start(me) {
    const { clock, commandCodec, onApply, storageOver } = this.#options;
    this.#incarnation += 1;
    const ends = this.applied.map((_, to) => {
      const end = this.network.makeEnd(`${me} to ${to}, ${this.#incarnation}`);
      this.network.connect(end.name, to);
      this.network.enable(end.name, true);
      return end;
    });
    const persister = this.#persister(me);
    const peer = make(
      ends,
      me,
      storageOver === undefined ? persister : storageOver(persister),
      (message) => {
        const index = appliedIndexOf(message);
        this.applied[me] = index;
        onApply?.(me, index, peer);
      },
      {
        clock,
        random: this.#random.fork(`server ${me}, ${this.#incarnation}`),
        commandCodec,
        onError: (error) => {
          throw error;
        },
      },
    );
    const server = new Server();
    server.addService(peer.service);
    this.network.addServer(me, server);
    this.#peers[me] = peer;
  }

  /** Stops the server, with the loss of everything that it had not stored. @param {number} me */
  crash(me) {
    this.#peers[me]?.kill();
    this.#peers[me] = undefined;
    this.network.deleteServer(me);
    this.persisters[me] = this.#persister(me).copy();
    this.applied[me] = 0;
  }

  /** Waits for a leader, and returns its peer and its number. */
  async leader() {
    for (;;) {
      const server = this.#peers.findIndex((peer) => peer?.getState().isLeader === true);
      const peer = this.#peers[server];
      if (peer !== undefined) return { peer, server };
      await this.#options.clock.sleep(10);
    }
  }

  /** The index that every running server has applied. */
  appliedEverywhere() {
    let least = Infinity;
    for (const [server, index] of this.applied.entries()) {
      if (this.#peers[server] !== undefined && index < least) least = index;
    }
    return least;
  }

  stop() {
    for (const peer of this.#peers) peer?.kill();
    this.network.cleanup();
  }

  /** @param {number} me */
  #persister(me) {
    const persister = this.persisters[me];
    if (persister === undefined) throw new RangeError(`there is no server ${me}`);
    return persister;
  }
}

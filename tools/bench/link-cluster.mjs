// Peers on a virtual clock, with one-way messages over links that a measurement controls: each message is asked for its delay. What
// is counted is a function of the seed, and not of the machine.
import { appliedIndexOf, Membership } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import { Raft, serviceConfig } from '@raftlab/raft-core';
import { valueCodec } from '@raftlab/rpc';
import { Random } from '@raftlab/runtime';
import { z } from 'zod';

/** @typedef {import('@raftlab/protocol').Message} Message */

/**
 * @typedef {object} LinkClusterOptions
 * @property {import('@raftlab/runtime').VirtualClock} clock
 * @property {number} serverCount
 * @property {number} seed
 * @property {Partial<import('@raftlab/raft-core').RaftConfig>} [config] beside those of `serviceConfig`
 * @property {(link: { from: number, to: number, message: Message }) => number | undefined} delayMs undefined loses the message
 */

const commandCodec = valueCodec('command', z.number());

export class LinkCluster {
  /** @type {Raft<number>[]} */
  peers;
  /** Counts the servers that became leader. */
  leaderCount = 0;
  /** Counts the messages that were sent, by kind. @type {Map<string, number>} */
  sent = new Map();
  /** When an index was first applied on any server, for each index in order. @type {number[]} */
  appliedAt = [];
  #clock;

  /** @param {LinkClusterOptions} options */
  constructor({ clock, serverCount, seed, config = {}, delayMs }) {
    this.#clock = clock;
    const membership = Membership.ofSize(serverCount);
    this.peers = membership.members.map(
      (me) =>
        new Raft({
          me,
          membership,
          clock,
          commandCodec,
          config: { ...serviceConfig, ...config },
          random: Random.fromSeed(seed).fork(`server ${me}`),
          storage: new Persister(),
          transport: {
            send: ({ to, message }) => {
              this.sent.set(message.kind, (this.sent.get(message.kind) ?? 0) + 1);
              const delay = delayMs({ from: me, to, message });
              if (delay !== undefined) clock.setTimer(delay, () => this.peers[to]?.receive(me, message));
            },
            close() {},
          },
          applyCh: (message) => this.#applied(appliedIndexOf(message)),
          observer: {
            onStep: (_input, { roleChange }) => {
              if (roleChange?.role === 'leader') this.leaderCount += 1;
            },
          },
        }),
    );
  }

  /** The server that leads the highest term, if any believes that it leads. */
  leader() {
    let best;
    for (const [server, peer] of this.peers.entries()) {
      const { term, isLeader } = peer.getState();
      if (isLeader && term > (best?.term ?? 0)) best = { server, peer, term };
    }
    return best;
  }

  /** Waits until a server leads. */
  async nextLeader() {
    for (;;) {
      const leader = this.leader();
      if (leader !== undefined) return leader;
      await this.#clock.sleep(10);
    }
  }

  stop() {
    for (const peer of this.peers) peer.kill();
  }

  /** @param {number} index */
  #applied(index) {
    this.appliedAt[index] ??= this.#clock.now();
  }
}

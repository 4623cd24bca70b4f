// The CPU of a write in the key/value service alone: the codecs of its call, its log entry, its session and the store, on a peer that
// commits at once, without network and disk.
import { executeMethod, KeyValueServer, openSessionMethod } from '@raftlab/kv';
import { SystemClock } from '@raftlab/runtime';
import { repeat, row, timed } from './measurement.mjs';

const sessionCount = 1024;
const warmUpRounds = 50;
const rounds = 100;
const keyCounts = [10_000, 1_000_000];
const value = 'v'.repeat(128);

/** @type {import('./measurement.mjs').Measurement} */
export const kvCommand = {
  name: 'kv-command',
  title: 'a write in the service alone: call, log entry, session, store, reply; 128 B, 1,024 at a time',
  async measure() {
    const rows = [];
    for (const keyCount of keyCounts) {
      const service = new Service();
      await service.open();
      await service.run(Math.max(warmUpRounds, Math.ceil(keyCount / sessionCount)), keyCount);
      const times = await repeat(async () => {
        const { cpuMs } = await timed(() => service.run(rounds, keyCount));
        return (1000 * cpuMs) / (rounds * sessionCount);
      });
      rows.push(row(`kv-command: CPU of a write, ${keyCount.toLocaleString('en')} keys`, 'µs', times));
      service.server.kill();
    }
    return rows;
  },
};

/** A server on a peer that commits everything when it is told to. */
class Service {
  /** @type {Uint8Array[]} */
  #waiting = [];
  #index = 0;
  #written = 0;
  /** @type {Parameters<import('@raftlab/kv').KeyValueServerOptions['makePeer']>[0]} */
  #apply = () => undefined;
  /** @type {number[]} */
  #sessions = [];
  #sequence = 0;

  constructor() {
    this.server = new KeyValueServer({
      clock: new SystemClock(),
      makePeer: (applyCh) => {
        this.#apply = applyCh;
        return {
          start: (command) => {
            this.#waiting.push(command);
            return { isLeader: true, index: this.#index + this.#waiting.length, term: 1 };
          },
          getState: () => ({ isLeader: true, term: 1 }),
          snapshot: () => undefined,
          kill: () => undefined,
        };
      },
    });
  }

  async open() {
    for (let count = 0; count < sessionCount; count += 1) {
      const reply = await this.#call(openSessionMethod, null);
      this.#sessions.push(reply.ok ? reply.value : 0);
    }
  }

  /** Each key is written in its turn. @param {number} roundCount @param {number} keyCount */
  async run(roundCount, keyCount) {
    for (let round = 0; round < roundCount; round += 1) {
      this.#sequence += 1;
      const sequence = this.#sequence;
      const replies = this.#sessions.map((session) => {
        this.#written += 1;
        const key = `key-${String((this.#written * 7919) % keyCount).padStart(8, '0')}`;
        return this.#begin(executeMethod, { session, sequence, command: { kind: 'put', key, value } });
      });
      this.#commit();
      for (const reply of replies) executeMethod.reply.decode(await reply);
    }
  }

  /** @template Args, Reply @param {import('@raftlab/rpc').Method<Args, Reply>} method @param {Args} args */
  async #call(method, args) {
    const reply = this.#begin(method, args);
    this.#commit();
    return method.reply.decode(await reply);
  }

  /**
   * @template Args, Reply
   * @param {import('@raftlab/rpc').Method<Args, Reply>} method
   * @param {Args} args
   * @returns {Promise<Uint8Array>}
   */
  async #begin(method, args) {
    const bound = this.server.service.methods.get(method.name.split('.')[1] ?? '');
    const bytes = await bound?.dispatch(method.args.encode(args));
    if (bytes === undefined) throw new Error(`${method.name} is not answered`);
    return bytes;
  }

  #commit() {
    for (const command of this.#waiting.splice(0)) {
      this.#index += 1;
      const entry = { command, commandIndex: this.#index, commandTerm: 1 };
      void this.#apply({ commandValid: true, snapshotValid: false, ...entry });
    }
  }
}

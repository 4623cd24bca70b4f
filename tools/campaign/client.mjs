// One client of a campaign: operations one after another, until it is stopped. When it crashes it comes back as a new client.
import { Clerk } from '@raftlab/kv';
import { connect } from '@raftlab/tcp';
import { perform } from './workload.mjs';

/** The pause between two operations, in ms: it keeps histories short enough to be checked. */
const pauseMaxMs = 12;
/** A client that crashed comes back after this time, in ms. */
const crashMs = 200;

/**
 * @typedef {object} ClientOptions
 * @property {number} number Clients count from 0.
 * @property {readonly number[]} servers
 * @property {ReadonlyMap<number, import('./network.mjs').Address>} addresses
 * @property {import('@raftlab/tcp').NetworkOptions} network
 * @property {import('./workload.mjs').Workload} workload
 * @property {() => import('./window.mjs').Window} window The present one.
 * @property {import('./availability.mjs').Availability} availability
 */

export class Client {
  #options;
  #isStopped = false;
  #controller = new AbortController();

  /** @param {ClientOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Ends the operation that is pending: its outcome stays unknown. */
  crash() {
    this.#controller.abort(new Error('the client has crashed'));
  }

  /** The pending operation is the last one. */
  stop() {
    this.#isStopped = true;
  }

  /** Resolves when the client was stopped. */
  async run() {
    const { network } = this.#options;
    while (!this.#isStopped) {
      this.#controller = new AbortController();
      await this.#live(this.#controller.signal);
      if (!this.#isStopped) await network.clock.sleep(crashMs);
    }
  }

  /** One life, from its first connection to its crash. @param {AbortSignal} signal */
  async #live(signal) {
    const { number, servers, addresses, network, workload, window, availability } = this.#options;
    const connections = connect(addresses, network);
    // Each client begins at another server.
    const inOrder = servers.map((_, at) => servers[(number + at) % servers.length] ?? 0);
    const clerk = new Clerk(
      inOrder.map((server) => connections.end(server)),
      { clock: network.clock, random: network.random, endOf: (server) => inOrder.indexOf(server) },
    );
    try {
      while (!this.#isStopped && !signal.aborted) {
        const { clock, random } = network;
        const current = window();
        const input = workload.next(current.number);
        const { version } = await current.record(number, input, () => perform(clerk, input, { signal }));
        availability.onSuccess(clock.now());
        workload.onVersion(input.key, version);
        await clock.sleep(random.uniform(0, pauseMaxMs));
      }
    } catch (error) {
      const isOfACrash = error instanceof Error && /^(ClerkAborted|SessionExpired)Error$/.test(error.name);
      if (!isOfACrash) throw error;
    } finally {
      connections.close();
    }
  }
}

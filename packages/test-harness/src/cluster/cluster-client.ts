// A client of the cluster, like Lab 4's clerks: it has its own ends, which partitions of the servers do not affect.
import type { Network } from '@raftlab/labrpc';
import type { ServerId } from '@raftlab/protocol';
import type { ClientEnd } from '@raftlab/rpc';

interface ClientLink {
  readonly server: ServerId;
  readonly name: string;
}

/** Its ends lead to server numbers, so they still reach a server after its restart. */
export class ClusterClient {
  /** One to each server, in a random order: an offset in this list is not a server number. */
  readonly ends: readonly ClientEnd[];
  readonly #network: Network;
  readonly #links: readonly ClientLink[];

  /** `order`: the servers, in the order of `ends`. */
  constructor(network: Network, order: readonly ServerId[], drawName: () => string) {
    this.#network = network;
    this.#links = order.map((server) => ({ server, name: drawName() }));
    this.ends = this.#links.map(({ server, name }) => {
      const end = network.makeEnd(name);
      network.connect(name, server);
      return end;
    });
  }

  /** Opens the ends to these servers; open ends stay open. */
  connect(to: readonly ServerId[]): void {
    for (const { server, name } of this.#links) {
      if (to.includes(server)) this.#network.enable(name, true);
    }
  }

  /** Deletes its ends: later calls on them cannot be delivered. */
  close(): void {
    for (const { name } of this.#links) this.#network.deleteEnd(name);
  }
}

// The network of a campaign: a proxy for each directed pair of servers, and one in front of each server for its clients.
import { host, Proxy } from './proxy.mjs';

/** @typedef {{ from: number, to: number }} Link */
/** @typedef {{ host: string, port: number }} Address */

export class Network {
  /** @type {ReadonlyMap<string, { link: Link, proxy: Proxy }>} */
  #links;
  /** @type {ReadonlyMap<number, Proxy>} */
  #fronts;

  /** @param {readonly number[]} servers @param {(server: number) => number | undefined} portOf Where a server listens now. */
  constructor(servers, portOf) {
    const pairs = servers.flatMap((from) => servers.filter((to) => to !== from).map((to) => ({ from, to })));
    this.#links = new Map(
      pairs.map((link) => [nameOf(link), { link, proxy: new Proxy(() => portOf(link.to)) }]),
    );
    this.#fronts = new Map(servers.map((server) => [server, new Proxy(() => portOf(server))]));
  }

  async listen() {
    await Promise.all(this.#proxies().map((proxy) => proxy.listen()));
  }

  /** Where a server reaches the others. @param {number} server @returns {Map<number, Address>} */
  peersOf(server) {
    const own = [...this.#links.values()].filter(({ link }) => link.from === server);
    return new Map(own.map(({ link, proxy }) => [link.to, { host, port: proxy.port }]));
  }

  /** Where clients reach the servers. @returns {Map<number, Address>} */
  fronts() {
    return new Map([...this.#fronts].map(([server, proxy]) => [server, { host, port: proxy.port }]));
  }

  /** @param {readonly Link[]} links @param {import('./proxy.mjs').LinkMode} mode */
  setMode(links, mode) {
    for (const link of links) this.#proxyOf(link).mode = mode;
  }

  /** @param {readonly Link[]} links @param {number} delayMs */
  setDelay(links, delayMs) {
    for (const link of links) this.#proxyOf(link).delayMs = delayMs;
  }

  close() {
    for (const proxy of this.#proxies()) proxy.close();
  }

  #proxies() {
    return [...[...this.#links.values()].map(({ proxy }) => proxy), ...this.#fronts.values()];
  }

  /** @param {Link} link */
  #proxyOf(link) {
    const known = this.#links.get(nameOf(link));
    if (known === undefined) throw new RangeError(`there is no link ${nameOf(link)}.`);
    return known.proxy;
  }
}

/** @param {Link} link */
function nameOf({ from, to }) {
  return `${from} → ${to}`;
}

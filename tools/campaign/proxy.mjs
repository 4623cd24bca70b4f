// A TCP proxy on loopback that can be cut, and made slow. One carries what one process sends to one other; with the acknowledgements
// and beats that come back on the same connections.
import * as net from 'node:net';

export const host = '127.0.0.1';

/** So many bytes wait for a slow link, in each direction of a connection, before the sender is held up. */
const waitingMaxBytes = 1024 * 1024;

/** @typedef {'open' | 'silent' | 'closed'} LinkMode */

/**
 * In mode `silent` nothing is carried: neither bytes, which arrive when the link is open again, as after a loss of packets, nor the
 * beginning or the end of a connection. In mode `closed` connections are reset, and new ones too.
 */
export class Proxy {
  #server;
  #target;
  /** @type {Set<Pair>} */
  #pairs = new Set();
  /** Connections that were accepted in mode `silent`. @type {Set<net.Socket>} */
  #parked = new Set();
  /** @type {LinkMode} */
  #mode = 'open';
  #delayMs = 0;

  /** @param {() => number | undefined} target The port at which the other process listens now; undefined when it does not. */
  constructor(target) {
    this.#target = target;
    this.#server = net.createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** @returns {Promise<void>} Resolves when it takes connections. */
  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port: 0 }, () => resolve());
    });
  }

  /** Where it listens. */
  get port() {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a proxy that listens has a port');
    return address.port;
  }

  /** @param {LinkMode} mode */
  set mode(mode) {
    this.#mode = mode;
    for (const pair of this.#pairs) {
      if (mode === 'closed') pair.reset();
      else pair.isHeld = mode === 'silent';
    }
    if (mode === 'silent') return;
    const parked = [...this.#parked];
    this.#parked.clear();
    for (const socket of parked) {
      if (!socket.destroyed) this.#connect(socket);
    }
  }

  /** Everything arrives so much later, in ms. @param {number} delayMs */
  set delayMs(delayMs) {
    this.#delayMs = delayMs;
    for (const pair of this.#pairs) pair.delayMs = delayMs;
  }

  close() {
    for (const pair of this.#pairs) pair.reset();
    for (const socket of this.#parked) socket.destroy();
    this.#server.close();
  }

  /** @param {net.Socket} near */
  #accept(near) {
    near.on('error', () => undefined);
    if (this.#mode !== 'silent') {
      this.#connect(near);
      return;
    }
    this.#parked.add(near);
    near.once('close', () => this.#parked.delete(near));
  }

  /** @param {net.Socket} near */
  #connect(near) {
    const port = this.#target();
    if (this.#mode === 'closed' || port === undefined) {
      near.resetAndDestroy();
      return;
    }
    const pair = new Pair(near, net.connect({ host, port, noDelay: true }), () => this.#pairs.delete(pair));
    pair.delayMs = this.#delayMs;
    this.#pairs.add(pair);
  }
}

/** A connection that was accepted, and the one to the target. */
class Pair {
  #directions;
  #sockets;
  #onEnd;
  #isHeld = false;
  /** Whether one side has ended; the other one hears of it when the pair is not held. */
  #isHalf = false;
  #isOver = false;

  /** @param {net.Socket} near @param {net.Socket} far @param {() => void} onEnd */
  constructor(near, far, onEnd) {
    this.#sockets = [near, far];
    this.#directions = [new Direction(near, far), new Direction(far, near)];
    this.#onEnd = onEnd;
    for (const socket of this.#sockets) {
      socket.on('error', () => undefined);
      socket.on('close', () => this.#onClose());
    }
  }

  /** Whether nothing is carried now. @param {boolean} isHeld */
  set isHeld(isHeld) {
    this.#isHeld = isHeld;
    for (const direction of this.#directions) direction.isHeld = isHeld;
    if (this.#isHalf) this.#onClose();
  }

  /** @param {number} delayMs */
  set delayMs(delayMs) {
    for (const direction of this.#directions) direction.delayMs = delayMs;
  }

  reset() {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const direction of this.#directions) direction.stop();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#onEnd();
  }

  #onClose() {
    this.#isHalf = true;
    if (!this.#isHeld) this.reset();
  }
}

/** What one socket of a pair receives, on its way to the other one. Bytes keep their order. */
class Direction {
  delayMs = 0;
  #from;
  #to;
  /** In order of arrival; null is the end of the stream. @type {Array<{ chunk: Buffer | null, dueAt: number }>} */
  #waiting = [];
  #waitingBytes = 0;
  #isHeld = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {net.Socket} from @param {net.Socket} to */
  constructor(from, to) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk) => this.#take(chunk));
    from.on('end', () => this.#take(null));
    to.on('drain', () => this.#forward());
    from.resume();
  }

  /** @param {boolean} isHeld */
  set isHeld(isHeld) {
    this.#isHeld = isHeld;
    this.#forward();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  /** @param {Buffer | null} chunk */
  #take(chunk) {
    this.#waiting.push({ chunk, dueAt: performance.now() + this.delayMs });
    this.#waitingBytes += chunk?.length ?? 0;
    if (this.#waitingBytes > waitingMaxBytes) this.#from.pause();
    this.#forward();
  }

  /** Passes on what is due, and comes back for the rest. */
  #forward() {
    clearTimeout(this.#timer);
    while (!this.#isHeld && !this.#to.writableNeedDrain) {
      const [first] = this.#waiting;
      if (first === undefined) break;
      const { chunk, dueAt } = first;
      const restMs = dueAt - performance.now();
      if (restMs > 0) {
        this.#timer = setTimeout(() => this.#forward(), restMs);
        break;
      }
      this.#waiting.shift();
      if (chunk === null) {
        this.#to.end();
        continue;
      }
      this.#waitingBytes -= chunk.length;
      this.#to.write(chunk);
    }
    if (this.#waitingBytes <= waitingMaxBytes) this.#from.resume();
  }
}

// The proxies between the processes of a campaign: what a cut link does not carry, and that it carries again.
import { createServer, connect, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Network } from '../campaign/network.mjs';
import { host, Proxy } from '../campaign/proxy.mjs';

/** Sends back what it receives. */
let echo: Server;
let proxy: Proxy;
const sockets: Socket[] = [];

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

beforeEach(async () => {
  echo = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen({ host, port: 0 }, resolve));
  proxy = new Proxy(() => portOf(echo));
  await proxy.listen();
});

afterEach(() => {
  proxy.close();
  echo.close();
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Connects to a port, and collects what arrives. */
class Caller {
  text = '';
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #onText: (() => void) | undefined;

  constructor(port = proxy.port) {
    this.#socket = connect({ host, port });
    sockets.push(this.#socket);
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk) => {
      this.text += String(chunk);
      this.#onText?.();
    });
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Resolves when exactly this has arrived. */
  receives(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onText = () => {
        if (this.text === text) resolve();
      };
      this.#onText();
    });
  }
}

/** Resolves after everything that loopback carries at once has arrived: a caller that is not cut has its answer. */
async function afterAnotherCall(): Promise<void> {
  const direct = new Caller(portOf(echo));
  direct.send('direct');
  await direct.receives('direct');
}

test('an open proxy carries both directions', async () => {
  const caller = new Caller();
  caller.send('one');
  await caller.receives('one');
});

test('a silent proxy carries nothing, and everything in order when it is open again', async () => {
  const caller = new Caller();
  caller.send('before, ');
  await caller.receives('before, ');
  proxy.mode = 'silent';
  caller.send('meanwhile, ');
  await afterAnotherCall();
  expect(caller.text).toBe('before, ');
  proxy.mode = 'open';
  caller.send('after');
  await caller.receives('before, meanwhile, after');
});

test('a connection that begins while the proxy is silent reaches the target later', async () => {
  proxy.mode = 'silent';
  const caller = new Caller();
  caller.send('hello');
  await afterAnotherCall();
  expect(caller.text).toBe('');
  proxy.mode = 'open';
  await caller.receives('hello');
});

test('a closed proxy resets its connections, and new ones; when it is open again it takes new ones', async () => {
  const caller = new Caller();
  caller.send('before');
  await caller.receives('before');
  proxy.mode = 'closed';
  await caller.closed;
  await new Caller().closed;
  proxy.mode = 'open';
  const again = new Caller();
  again.send('again');
  await again.receives('again');
});

test('a slow proxy keeps the order of bytes when its delay ends', async () => {
  const caller = new Caller();
  proxy.delayMs = 20;
  caller.send('slow, ');
  await afterAnotherCall();
  proxy.delayMs = 0;
  caller.send('fast');
  await caller.receives('slow, fast');
});

test('a proxy whose target does not listen resets a connection', async () => {
  const nowhere = new Proxy(() => undefined);
  await nowhere.listen();
  await new Caller(nowhere.port).closed;
  nowhere.close();
});

test('a link of a network is cut in one direction, and the other one is not', async () => {
  const network = new Network([1, 2], () => portOf(echo));
  await network.listen();
  const portFrom = (from: number, to: number): number => network.peersOf(from).get(to)?.port ?? 0;
  network.setMode([{ from: 1, to: 2 }], 'closed');
  await new Caller(portFrom(1, 2)).closed;
  const back = new Caller(portFrom(2, 1));
  back.send('back');
  await back.receives('back');
  network.setMode([{ from: 1, to: 2 }], 'open');
  const forth = new Caller(portFrom(1, 2));
  forth.send('forth');
  await forth.receives('forth');
  network.close();
});

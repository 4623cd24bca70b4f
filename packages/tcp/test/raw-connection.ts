// The other side of a connection, byte by byte: what a program sends that is not ours, or is broken.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '@raftlab/tcp';
import { FrameReader, frameKinds, type FrameKind } from '#src/frames';
import { decodeHello, decodeRefusal, encodeHello, welcomeBody, type Hello } from '#src/handshake';
import type { Refusal } from '#src/reasons';
import { cluster, host, until } from './networks.ts';

/** The bytes of a frame. */
export function frameBytes(kind: number, body: Uint8Array = new Uint8Array()): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(body.length);
  header[4] = kind;
  return Buffer.concat([header, body]);
}

/** The number of a call, as it is sent. */
export function numberBytes(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** The bytes of a hello, which is a good one for server 0 unless it says otherwise. */
export function helloBytes(hello: Partial<Hello> = {}): Buffer {
  const whole: Hello = { cluster, from: null, to: 0, purpose: 'calls', ...hello };
  return frameBytes(frameKinds.hello, encodeHello(whole));
}

/** One side of a connection. */
export class RawConnection {
  readonly socket: Socket;
  /** What came, without beats. */
  readonly frames: { readonly kind: number; readonly body: Buffer }[] = [];
  isClosed = false;
  readonly #reader = new FrameReader(1 << 30, (kind, body) => {
    if (kind !== frameKinds.beat) this.frames.push({ kind, body: Buffer.from(body) });
  });

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#reader.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  /** Connects to a server under test. */
  static async to({ host: toHost, port }: Address): Promise<RawConnection> {
    const socket = connect({ host: toHost, port });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  /** Connects, and comes through the handshake. */
  static async welcomed(address: Address, hello: Partial<Hello> = {}): Promise<RawConnection> {
    const connection = await RawConnection.to(address);
    connection.socket.write(helloBytes(hello));
    await until(() => connection.frames.length > 0, 'the hello is answered');
    const [first] = connection.frames.splice(0);
    if (first?.kind !== frameKinds.welcome)
      throw new Error(`the hello is answered by ${String(first?.kind)}`);
    return connection;
  }

  send(kind: FrameKind, body?: Uint8Array): void {
    this.socket.write(frameBytes(kind, body));
  }

  /** Waits until the other side ends the connection. */
  async closed(): Promise<void> {
    await until(() => this.isClosed, 'the connection is closed');
  }

  /** The refusal that came. */
  get refusal(): Refusal | undefined {
    const frame = this.frames.find(({ kind }) => kind === frameKinds.refusal);
    return frame && decodeRefusal(frame.body);
  }
}

/** A server that accepts connections of ours and does with each what a test wants. */
export class RawServer {
  readonly connections: { readonly connection: RawConnection; hello: Hello | undefined }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `onHello` may answer; without it every hello is welcome. */
  static async start(
    port = 0,
    onHello: (connection: RawConnection, hello: Hello) => void = welcome,
  ): Promise<RawServer> {
    const server = createServer();
    const raw = new RawServer(server);
    server.on('connection', (socket) => raw.#accept(socket, onHello));
    await new Promise<void>((resolve) => server.listen({ host, port }, resolve));
    return raw;
  }

  get address(): Address {
    const address = this.#server.address();
    return { host, port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
  }

  async close(): Promise<void> {
    for (const { connection } of this.connections) connection.socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket, onHello: (connection: RawConnection, hello: Hello) => void): void {
    const connection = new RawConnection(socket);
    const entry: RawServer['connections'][number] = { connection, hello: undefined };
    this.connections.push(entry);
    socket.on('data', () => {
      const [first] = connection.frames;
      if (entry.hello !== undefined || first === undefined) return;
      const hello = decodeHello(first.body);
      if ('reason' in hello) throw new Error(hello.message);
      connection.frames.shift();
      entry.hello = hello;
      onHello(connection, hello);
    });
  }
}

export function welcome(connection: RawConnection): void {
  connection.send(frameKinds.welcome, welcomeBody);
}

// The listening side: accepts connections, distinguishes TLS from plain bytes, and performs the handshake. A connection that
// completes it is passed on; every other one is refused with a reason, counted, and reported once.
import { createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createSecureServer,
  type SecureContextOptions,
  type Server as SecureServer,
  type TLSSocket,
} from 'node:tls';
import type { ServerId } from '@raftlab/protocol';
import type { Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { denial, type Caller, type Permission } from './admission.ts';
import { Connection, type ConnectionUser } from './connection.ts';
import { FrameError, frameKinds } from './frames.ts';
import { decodeHello, readRefusal, welcomeBody, type Hello } from './handshake.ts';
import { authorityProblem, certificateKindOf, certificateNames, nameProblemOf } from './identity.ts';
import type { NetworkContext } from './network-context.ts';
import { textOf, type Refusal } from './reasons.ts';
import type { PeerName } from './reports.ts';

/** A connection that has completed its handshake. */
export interface Accepted {
  readonly connection: Connection;
  readonly hello: Hello;
  readonly peer: PeerName;
  /** Not `none`. */
  readonly permission: Permission;
}

/** What the acceptor is for. */
export interface AcceptorUser {
  /** Whether a server of this number may connect: it is one of the others. */
  isKnown(server: ServerId): boolean;
  /** What the other side may do. */
  admit(caller: Caller): Permission;
  /** Takes a connection over, and returns what takes its frames. */
  accept(accepted: Accepted): ConnectionUser;
}

/** Who listens, and how. */
export interface AcceptorOptions {
  readonly me: ServerId;
  /** Undefined where TLS is not spoken. */
  readonly secure: SecureContextOptions | undefined;
  /** Whether a client may come without a certificate. */
  readonly clientsNeedNoCertificate: boolean;
}

/** The first byte of a record that begins a handshake of TLS. The first byte of a hello is 0. */
const tlsHandshakeByte = 0x16;

/** Beyond the bound, connections are refused with a reason; so many more are closed without one. */
const refusedAtOnceMax = 64;

/** Listens at one port. */
export class Acceptor {
  readonly #context: NetworkContext;
  readonly #options: AcceptorOptions;
  readonly #user: AcceptorUser;
  readonly #server: Server;
  readonly #secureServer: SecureServer | undefined;
  /** Every open socket, before and after its handshake. */
  readonly #sockets = new Set<Socket>();
  /** Connections in their handshake of TLS, by the address of the other side. */
  readonly #securing = new Map<string, Incoming>();

  constructor(context: NetworkContext, options: AcceptorOptions, user: AcceptorUser) {
    const { secure } = options;
    this.#context = context;
    this.#options = options;
    this.#user = user;
    this.#server = createServer((socket) => this.#onSocket(socket));
    this.#server.maxConnections = context.limits.connectionsMax + refusedAtOnceMax;
    this.#server.on('drop', () =>
      context.reports.refused('here', 'unknown', tooMany(context.limits.connectionsMax)),
    );
    if (secure === undefined) return;
    this.#secureServer = createSecureServer({ ...secure, requestCert: true, rejectUnauthorized: false });
    this.#secureServer.on('secureConnection', (socket: TLSSocket) => {
      this.#securing.get(addressOf(socket))?.onSecure(socket);
    });
    this.#secureServer.on('tlsClientError', (error, socket) => {
      this.#securing.get(addressOf(socket))?.onInsecure(error);
    });
  }

  /** Resolves with the port once connections are taken. Rejects with the system's error, as when the port is in use. */
  listen(host: string, port: number): Promise<number> {
    assert(!this.#server.listening, 'an acceptor listens once');
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        // The system has run out of something: the connection is lost, the others go on.
        this.#server.on('error', (error) => {
          this.#context.reports.refused('here', 'unknown', { reason: 'busy', message: textOf(error) });
        });
        const address = this.#server.address();
        assert(address !== null && typeof address !== 'string', 'a server that listens has a port');
        resolve(address.port);
      });
    });
  }

  /** Takes no connection any more, and ends those that are there. Resolves when the port is free. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #onSocket(socket: Socket): void {
    this.#sockets.add(socket);
    const address = addressOf(socket);
    const incoming = new Incoming(socket, {
      address,
      me: this.#options.me,
      clientsNeedNoCertificate: this.#options.clientsNeedNoCertificate,
      context: this.#context,
      user: this.#user,
      secure: this.#secureServer && ((first) => this.#secure(incoming, socket, first)),
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#securing.delete(address);
    });
    if (this.#sockets.size > this.#context.limits.connectionsMax) {
      incoming.refuse(tooMany(this.#context.limits.connectionsMax));
    }
  }

  #secure(incoming: Incoming, socket: Socket, first: Buffer): void {
    assert(this.#secureServer !== undefined, 'TLS is spoken here');
    this.#securing.set(incoming.address, incoming);
    socket.pause();
    socket.unshift(first);
    this.#secureServer.emit('connection', socket);
  }
}

interface IncomingOptions extends Omit<AcceptorOptions, 'secure'> {
  readonly address: string;
  readonly context: NetworkContext;
  readonly user: AcceptorUser;
  /** Begins TLS on the socket, whose first bytes these were. Undefined where TLS is not spoken. */
  readonly secure: ((first: Buffer) => void) | undefined;
}

/** A connection until the end of its handshake. */
class Incoming {
  readonly address: string;
  readonly #options: IncomingOptions;
  readonly #socket: Socket;
  readonly #timer: Timer;
  #connection: Connection | undefined;
  #secureSocket: TLSSocket | undefined;
  /** Whether plain frames can be written: this side speaks no TLS, or the other side does not. */
  #isPlain: boolean;
  #isOver = false;

  constructor(socket: Socket, options: IncomingOptions) {
    this.address = options.address;
    this.#isPlain = options.secure === undefined;
    this.#options = options;
    this.#socket = socket;
    const { clock, limits } = options.context;
    this.#timer = clock.setTimer(limits.handshakeMaxMs, () => {
      const message = `no hello within ${limits.handshakeMaxMs} ms`;
      this.refuse({ reason: 'timeout', message });
    });
    socket.once('data', (first: Buffer) => this.#onFirstBytes(first));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#report('here', { reason: 'foreign', message: 'the connection was closed before its hello' });
    });
  }

  /** Reports why, and tells the other side where it can be told: not before it is known whether it speaks TLS, as this side does. */
  refuse(refusal: Refusal): void {
    if (!this.#report('here', refusal)) return;
    const connection = this.#connection ?? (this.#isPlain ? this.#connect(this.#socket) : undefined);
    if (connection === undefined) this.#socket.destroy();
    else connection.refuse(refusal);
  }

  /** The handshake of TLS has ended well, which says nothing about the certificate. */
  onSecure(socket: TLSSocket): void {
    if (this.#isOver) return;
    assert(this.#secureSocket === undefined, 'a handshake of TLS ends once');
    this.#secureSocket = socket;
    this.#connect(socket);
    if (this.#options.clientsNeedNoCertificate && this.#isAnonymous) return;
    const refusal = authorityProblem(socket);
    if (refusal !== undefined) this.refuse(refusal);
  }

  /** The handshake of TLS has failed. */
  onInsecure(error: Error): void {
    this.refuse({ reason: 'tls', message: `the handshake of TLS has failed: ${textOf(error)}` });
  }

  #onFirstBytes(first: Buffer): void {
    if (this.#isOver) return;
    const { secure } = this.#options;
    const isTls = first[0] === tlsHandshakeByte;
    if (isTls && secure !== undefined) {
      secure(first);
      return;
    }
    this.#isPlain = true;
    if (isTls) this.refuse(oneSided('the other side speaks TLS, this side does not'));
    else if (secure !== undefined) this.refuse(oneSided('this side speaks TLS, the other side does not'));
    else this.#connect(this.#socket).receive(first);
  }

  #connect(socket: Socket): Connection {
    assert(this.#connection === undefined, 'a socket is one connection');
    const { clock, limits } = this.#options.context;
    const user: ConnectionUser = {
      onFrame: (kind, body) => this.#onFrame(kind, body),
      onClose: ({ message }) => void this.#report('here', { reason: 'foreign', message }),
    };
    this.#connection = new Connection(socket, user, { clock, limits });
    return this.#connection;
  }

  #onFrame(kind: number, body: Buffer): void {
    const connection = this.#connection;
    if (this.#isOver || connection === undefined) return;
    if (kind === frameKinds.refusal) {
      this.#report('there', readRefusal(body));
      connection.close('refused', 'the other side refuses this one');
      return;
    }
    if (kind !== frameKinds.hello) throw new FrameError(`a frame of kind ${kind} instead of a hello`);
    const hello = decodeHello(body);
    if ('reason' in hello) {
      this.refuse(hello);
      return;
    }
    const refusal = this.#problemOf(hello);
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    const caller = this.#callerOf(hello);
    const permission = this.#options.user.admit(caller);
    if (permission === 'none') this.refuse(denial(caller));
    else this.#accept(connection, hello, permission);
  }

  /** Whether TLS is spoken, and the other side has shown no certificate. */
  get #isAnonymous(): boolean {
    return this.#secureSocket !== undefined && this.#secureSocket.getPeerX509Certificate() === undefined;
  }

  #callerOf({ cluster, from, token }: Hello): Caller {
    const socket = this.#secureSocket;
    const certificate = socket && certificateKindOf(socket, certificateNames(cluster, from));
    assert(from === null || socket === undefined || certificate === 'server', 'the name was checked');
    return { server: from ?? undefined, token, certificate };
  }

  /** Why this hello is refused; undefined when it is welcome. */
  #problemOf(hello: Hello): Refusal | undefined {
    const { me, context, user } = this.#options;
    const { cluster, from, to, purpose } = hello;
    if (cluster !== context.cluster)
      return {
        reason: 'cluster',
        message: `this is a server of the cluster ${context.cluster}, not of ${JSON.stringify(cluster)}`,
      };
    if (to !== me)
      return { reason: 'server', message: `this is server ${me}, not ${to}; correct its address` };
    if (from === me || (from !== null && !user.isKnown(from)) || (from === null && purpose !== 'calls'))
      return {
        reason: 'member',
        message: `${from === null ? 'a client' : `server ${from}`} is none of the other servers that server ${me} knows`,
      };
    if (this.#secureSocket === undefined) return undefined;
    if (this.#isAnonymous && from === null) return undefined;
    const names = certificateNames(cluster, from).map(({ name }) => name);
    return authorityProblem(this.#secureSocket) ?? nameProblemOf(this.#secureSocket, names);
  }

  #accept(connection: Connection, hello: Hello, permission: Permission): void {
    assert(!this.#isOver && connection.isOpen, 'a connection is accepted once, while it is open');
    assert(hello.to === this.#options.me, () => `a hello to server ${hello.to} is accepted`);
    this.#isOver = true;
    this.#timer.cancel();
    connection.endHandshake();
    connection.write(frameKinds.welcome, welcomeBody);
    const { context, user, address } = this.#options;
    const peer: PeerName = { server: hello.from ?? undefined, purpose: hello.purpose, address };
    context.reports.connected('in', peer);
    connection.user = user.accept({ connection, hello, peer, permission });
  }

  /** Once for each connection; false when it was reported before, or was accepted. */
  #report(by: 'here' | 'there', refusal: Refusal): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#timer.cancel();
    this.#options.context.reports.refused(by, this.address, refusal);
    return true;
  }
}

function oneSided(message: string): Refusal {
  return { reason: 'tls', message: `${message}; give tls to both, or to neither` };
}

function tooMany(connectionsMax: number): Refusal {
  return { reason: 'busy', message: `there are ${connectionsMax} connections, which is the most` };
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? 'unknown'}:${remotePort ?? 0}`;
}

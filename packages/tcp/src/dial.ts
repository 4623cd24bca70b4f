// One attempt to connect to a server: the socket, TLS, the handshake. It ends in a connection or in a problem, and in time.
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectSecurely, type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { Connection, type ConnectionUser } from './connection.ts';
import { frameKinds, FrameError } from './frames.ts';
import { encodeHello, readRefusal, type Hello } from './handshake.ts';
import { authorityProblem, nameProblemOf, serverCertificateName } from './identity.ts';
import type { TcpLimits } from './limits.ts';
import { textOf, type DialProblem, type Refusal } from './reasons.ts';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What an attempt needs. */
export interface DialOptions {
  readonly address: Address;
  readonly hello: Hello;
  readonly tls: SecureContext | undefined;
  readonly clock: Clock;
  readonly limits: TcpLimits;
}

/** Takes the outcome of an attempt; one of the two is called, once, unless the attempt is cancelled. */
export interface DialUser {
  /** The connection is welcome. Returns what takes its frames: some may be there already. */
  onOpen(connection: Connection): ConnectionUser;
  onProblem(problem: DialProblem): void;
}

/** An attempt that is under way. */
export interface Dialing {
  /** Cancels the attempt: its user is not called any more. Does nothing when the attempt has ended. */
  cancel(): void;
}

/** Begins an attempt. Reports later, never before it returns. */
export function dial(options: DialOptions, user: DialUser): Dialing {
  return new DialAttempt(options, user);
}

const wrongPort: Refusal = {
  reason: 'tls',
  message:
    'the other side answers without TLS, or with nothing in common; give both sides `tls`, or neither of them',
};

class DialAttempt implements Dialing {
  readonly #options: DialOptions;
  readonly #user: DialUser;
  readonly #socket: Socket | TLSSocket;
  #connection: Connection | undefined;
  #isOver = false;
  readonly #timer;

  constructor(options: DialOptions, user: DialUser) {
    this.#options = options;
    this.#user = user;
    const { address, tls, hello, clock, limits } = options;
    const { host, port } = address;
    assert(port > 0, () => `server ${hello.to} has the port ${port}`);
    if (tls === undefined) {
      this.#socket = connectSocket({ host, port });
      this.#socket.once('connect', () => this.#sayHello());
    } else {
      const servername = serverCertificateName(hello.cluster, hello.to);
      const socket = connectSecurely({
        secureContext: tls,
        // Node would close the connection without a reason; `#checkServer` checks the certificate before anything is sent.
        rejectUnauthorized: false,
        host,
        port,
        servername,
        checkServerIdentity: () => undefined,
      });
      socket.once('secureConnect', () => this.#checkServer(socket, servername));
      this.#socket = socket;
    }
    this.#socket.on('error', (error) => this.#fail(problemOf(error)));
    this.#socket.on('close', () => this.#fail(unreachable('the connection was closed before the welcome')));
    this.#timer = clock.setTimer(limits.handshakeMaxMs, () => {
      const message = `no welcome within ${limits.handshakeMaxMs} ms`;
      this.#fail({ by: 'here', refusal: { reason: 'timeout', message }, message });
    });
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#end();
    this.#abandon();
  }

  #checkServer(socket: TLSSocket, name: string): void {
    if (this.#isOver) return;
    const refusal = authorityProblem(socket) ?? nameProblemOf(socket, [name]);
    if (refusal === undefined) {
      this.#sayHello();
      return;
    }
    const connection = this.#connect();
    this.#end();
    // The refusal frame gives the server the reason.
    connection.refuse(refusal);
    this.#user.onProblem({ by: 'here', refusal, message: refusal.message });
  }

  #connect(): Connection {
    const { clock, limits } = this.#options;
    assert(this.#connection === undefined, 'an attempt makes one connection');
    const user: ConnectionUser = {
      onFrame: (kind, body) => this.#onFrame(kind, body),
      onClose: ({ reason, message }) => this.#fail(closedEarly(reason, message)),
    };
    this.#connection = new Connection(this.#socket, user, { clock, limits });
    return this.#connection;
  }

  #sayHello(): void {
    if (this.#isOver) return;
    this.#connect().write(frameKinds.hello, encodeHello(this.#options.hello));
  }

  #onFrame(kind: number, body: Buffer): void {
    const connection = this.#connection;
    if (this.#isOver || connection === undefined) return;
    if (kind === frameKinds.welcome) {
      this.#end();
      connection.endHandshake();
      connection.user = this.#user.onOpen(connection);
      return;
    }
    if (kind !== frameKinds.refusal) throw new FrameError(`a frame of kind ${kind} instead of a welcome`);
    const refusal = readRefusal(body);
    this.#fail({ by: 'there', refusal, message: refusal.message });
  }

  #fail(problem: DialProblem): void {
    if (this.#isOver) return;
    assert(problem.message !== '', 'a problem has a message');
    this.#end();
    this.#abandon();
    this.#user.onProblem(problem);
  }

  #end(): void {
    assert(!this.#isOver, 'an attempt ends once');
    this.#isOver = true;
    this.#timer.cancel();
  }

  /** Without a connection the socket is destroyed; one that has refused the other side ends by itself. */
  #abandon(): void {
    if (this.#connection === undefined) this.#socket.destroy();
    else this.#connection.close('closed', 'the attempt has ended');
  }
}

/** `refused`: by this side, because what came is no frame. */
function closedEarly(reason: string, message: string): DialProblem {
  if (reason !== 'refused') return unreachable(message);
  return { by: 'here', refusal: { reason: 'foreign', message }, message };
}

function unreachable(message: string): DialProblem {
  return { by: 'network', refusal: undefined, message };
}

function problemOf(error: Error): DialProblem {
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_SSL')) {
    const refusal = { ...wrongPort, message: `${wrongPort.message} (${error.message})` };
    return { by: 'here', refusal, message: refusal.message };
  }
  return unreachable(textOf(error));
}

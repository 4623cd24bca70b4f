// The way to one server: at most one connection at a time, made again after it was lost, at growing intervals.
import type { Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { Connection, ConnectionUser } from './connection.ts';
import { dial, type Address, type Dialing } from './dial.ts';
import type { Hello } from './handshake.ts';
import type { NetworkContext } from './network-context.ts';
import type { Close, DialProblem } from './reasons.ts';
import type { PeerName } from './reports.ts';

/** What a link leads to. */
export interface LinkTarget {
  readonly address: Address;
  readonly hello: Omit<Hello, 'cluster' | 'token'>;
  /** Whether a lost connection is made again although nothing is to be sent. */
  readonly isKept: boolean;
}

/** What a link carries. */
export interface LinkUser {
  /** The link is open: frames can be written. */
  onOpen(connection: Connection): void;
  onFrame(kind: number, body: Buffer): void;
  onDrain(): void;
  /** The connection was lost, or an attempt to make one has failed. */
  onDown(why: { readonly wasOpen: boolean; readonly message: string }): void;
}

/**
 * idle: no connection, and none is tried. dialing: an attempt is under way. open: there is a connection. waiting: the last attempt
 * failed, or the connection was lost, a moment ago. closed: for good.
 */
export type LinkState = 'idle' | 'dialing' | 'open' | 'waiting' | 'closed';

/** One way to one server, for one purpose. */
export class Link {
  readonly #context: NetworkContext;
  readonly #target: LinkTarget;
  readonly #user: LinkUser;
  readonly #peer: PeerName;
  #state: LinkState = 'idle';
  #dialing: Dialing | undefined;
  #connection: Connection | undefined;
  #timer: Timer | undefined;
  /** Attempts that failed, and connections that did not last, since the last one that did. */
  #failureCount = 0;
  #reportedProblem: string | undefined;

  constructor(context: NetworkContext, target: LinkTarget, user: LinkUser) {
    this.#context = context;
    this.#target = target;
    this.#user = user;
    const { address, hello } = target;
    this.#peer = {
      server: hello.to,
      purpose: hello.purpose,
      address: `${address.host}:${address.port}`,
    };
  }

  /** The state of the link. */
  get state(): LinkState {
    return this.#state;
  }

  /** The connection of an open link. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Begins an attempt if the link is idle. */
  open(): void {
    if (this.#state !== 'idle') return;
    assert(this.#dialing === undefined && this.#connection === undefined, 'an idle link has no connection');
    this.#state = 'dialing';
    const { cluster, token, tls, clock, limits } = this.#context;
    const { address, hello } = this.#target;
    this.#dialing = dial(
      { address, hello: { cluster, ...hello, ...(token !== undefined && { token }) }, tls, clock, limits },
      {
        onOpen: (connection) => this.#onOpen(connection),
        onProblem: (problem) => this.#onProblem(problem),
      },
    );
  }

  /** The other side is known to be reachable: ends the pause. */
  retry(): void {
    if (this.#state !== 'waiting') return;
    this.#timer?.cancel();
    this.#state = 'idle';
    this.#failureCount = 0;
    if (this.#target.isKept) this.open();
  }

  /** Closes the link for good. Its user is not called any more. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#dialing?.cancel();
    this.#connection?.close('closed', 'this side was closed');
    this.#connection = undefined;
  }

  #onOpen(connection: Connection): ConnectionUser {
    assert(this.#state === 'dialing', () => `a link that is ${this.#state} was opened`);
    this.#state = 'open';
    this.#dialing = undefined;
    this.#connection = connection;
    this.#reportedProblem = undefined;
    this.#user.onOpen(connection);
    // After `onOpen`, since the program that receives the event may use the link at once.
    this.#context.reports.connected('out', this.#peer);
    return {
      onFrame: (kind, body) => this.#user.onFrame(kind, body),
      onDrain: () => this.#user.onDrain(),
      onClose: (close) => this.#onClose(close),
    };
  }

  #onClose(close: Close): void {
    this.#context.reports.disconnected('out', this.#peer, close);
    if (this.#state === 'closed') return;
    assert(this.#state === 'open', () => `the connection of a link that is ${this.#state} has ended`);
    if (this.#connection?.hasLasted === true) this.#failureCount = 0;
    this.#connection = undefined;
    this.#wait();
    this.#user.onDown({ wasOpen: true, message: close.message });
  }

  #onProblem(problem: DialProblem): void {
    assert(this.#state === 'dialing', () => `an attempt of a link that is ${this.#state} has failed`);
    this.#dialing = undefined;
    const isNews = problem.message !== this.#reportedProblem;
    this.#reportedProblem = problem.message;
    this.#context.reports.undialed(this.#peer, problem, isNews);
    this.#wait();
    this.#user.onDown({ wasOpen: false, message: problem.message });
  }

  #wait(): void {
    const { clock, random, limits } = this.#context;
    const longestMs = Math.min(limits.reconnectMaxMs, limits.reconnectMinMs * 2 ** this.#failureCount);
    assert(longestMs <= limits.reconnectMaxMs, () => `a pause of ${longestMs} ms`);
    this.#failureCount += 1;
    this.#state = 'waiting';
    this.#timer = clock.setTimer(random.uniform(longestMs / 2, longestMs), () => {
      assert(this.#state === 'waiting', () => `a link that is ${this.#state} has waited`);
      this.#state = 'idle';
      if (this.#target.isKept) this.open();
    });
  }
}

// What a network reports: events for a log, and counts of everything that went wrong, as plain data.
import type { ServerId } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { Purpose } from './handshake.ts';
import {
  closeReasons,
  refusalReasons,
  type Close,
  type CloseReason,
  type DialProblem,
  type Refusal,
  type RefusalReason,
} from './reasons.ts';

/** The other side of a connection. */
export interface PeerName {
  /** Undefined for a client. */
  readonly server: ServerId | undefined;
  readonly purpose: Purpose;
  /** Host and port. */
  readonly address: string;
}

/** Something that the operator of a server may want to read. */
export type NetworkEvent =
  | { readonly kind: 'connected'; readonly direction: 'in' | 'out'; readonly peer: PeerName }
  | {
      readonly kind: 'disconnected';
      readonly direction: 'in' | 'out';
      readonly peer: PeerName;
      readonly reason: CloseReason;
      readonly message: string;
    }
  /** A connection from `address` was refused: by this side, or by the other one, which did not accept this server's answer. */
  | {
      readonly kind: 'refused';
      readonly by: 'here' | 'there';
      readonly address: string;
      readonly reason: RefusalReason;
      readonly message: string;
    }
  /** No connection to `peer` can be made. Reported once, and again when the problem becomes another one. */
  | { readonly kind: 'unreachable'; readonly peer: PeerName; readonly problem: DialProblem }
  /** The handler of a call threw, or its reply could not be sent. */
  | { readonly kind: 'handler-failed'; readonly method: string; readonly error: unknown };

/** How often something happened since the network was made. Plain data. */
export interface NetworkCounts {
  /** Connections from others that came through their handshake. */
  readonly accepted: number;
  /** Connections to others that came through their handshake. */
  readonly dialed: number;
  /** Connections from others that this side refused, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Connections that the other side refused, in either direction, by reason. */
  readonly refusedByOthers: Readonly<Record<RefusalReason, number>>;
  /** Connections that had been accepted or dialed and have ended, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
  /** Attempts to connect that reached nobody. */
  readonly unreachable: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** Raft's messages that were dropped before they left. */
  readonly messagesDropped: number;
  readonly callsAnswered: number;
  /** Calls that this side refused because too many were running. */
  readonly callsRefused: number;
  /** Calls that this side refused because the client may not make them. */
  readonly callsDenied: number;
}

type Counter = Exclude<keyof NetworkCounts, 'refused' | 'refusedByOthers' | 'closed'>;

/** Counts, and passes events on. */
export class Reports {
  readonly #onEvent: (event: NetworkEvent) => void;
  readonly #numbers: Record<Counter, number> = {
    accepted: 0,
    dialed: 0,
    unreachable: 0,
    messagesSent: 0,
    messagesReceived: 0,
    messagesDropped: 0,
    callsAnswered: 0,
    callsRefused: 0,
    callsDenied: 0,
  };
  readonly #refused = new Map<RefusalReason, number>();
  readonly #refusedByOthers = new Map<RefusalReason, number>();
  readonly #closed = new Map<CloseReason, number>();

  constructor(onEvent: ((event: NetworkEvent) => void) | undefined) {
    this.#onEvent = onEvent ?? (() => undefined);
  }

  /** A copy of the counts. */
  counts(): NetworkCounts {
    return {
      ...this.#numbers,
      refused: byReason(refusalReasons, this.#refused),
      refusedByOthers: byReason(refusalReasons, this.#refusedByOthers),
      closed: byReason(closeReasons, this.#closed),
    };
  }

  /** Counts one more. */
  count(name: Counter, by = 1): void {
    assert(by > 0, () => `${name} is counted ${by} times`);
    this.#numbers[name] += by;
  }

  /** A connection came through its handshake. */
  connected(direction: 'in' | 'out', peer: PeerName): void {
    this.count(direction === 'in' ? 'accepted' : 'dialed');
    this.#onEvent({ kind: 'connected', direction, peer });
  }

  /** One that had been connected has ended. */
  disconnected(direction: 'in' | 'out', peer: PeerName, { reason, message }: Close): void {
    increment(this.#closed, reason);
    this.#onEvent({ kind: 'disconnected', direction, peer, reason, message });
  }

  /** A connection from another side ended in its handshake. */
  refused(by: 'here' | 'there', address: string, { reason, message }: Refusal): void {
    assert(message !== '', () => `a refusal (${reason}) has a message`);
    increment(by === 'here' ? this.#refused : this.#refusedByOthers, reason);
    this.#onEvent({ kind: 'refused', by, address, reason, message });
  }

  /** A connection to another side could not be made. `isNews`: not what was reported before. */
  undialed(peer: PeerName, problem: DialProblem, isNews: boolean): void {
    const { by, refusal } = problem;
    assert((by === 'network') === (refusal === undefined), 'a side refuses, the network does not');
    if (refusal === undefined) this.count('unreachable');
    else increment(by === 'there' ? this.#refusedByOthers : this.#refused, refusal.reason);
    if (isNews) this.#onEvent({ kind: 'unreachable', peer, problem });
  }

  /** A handler threw. */
  handlerFailed(method: string, error: unknown): void {
    this.#onEvent({ kind: 'handler-failed', method, error });
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function byReason<Reason extends string>(
  reasons: readonly Reason[],
  counts: ReadonlyMap<Reason, number>,
): Readonly<Record<Reason, number>> {
  assert(new Set(reasons).size === reasons.length, 'every reason is counted once');
  const entries = reasons.map((reason) => [reason, counts.get(reason) ?? 0] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- there is one entry for each reason
  return Object.fromEntries(entries) as Record<Reason, number>;
}

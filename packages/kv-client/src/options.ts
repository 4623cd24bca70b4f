// What a client is made of, and its bounds.
import type { ServerId } from '@raftlab/protocol';
import type { Clock, Random } from '@raftlab/runtime';
import type { Address, TlsAuthority, TlsIdentity } from '@raftlab/tcp';

/** How long a call may take, in ms, unless the client or the call says otherwise. */
export const defaultDeadlineMs = 10_000;
/** Commands of one client that are in flight at a time, at most, unless its options say otherwise. */
export const defaultSessions = 64;
/** The most sessions of one client: an eighth of the sessions that a cluster keeps open by default. */
export const sessionsMax = 512;
/** Reads of one client that are in flight at a time; more wait. With `sessionsMax` commands they fill one connection's bound on calls. */
export const readsInFlightMax = 512;
/** Calls of one client that have not ended, at most. */
export const pendingMax = 16_384;

/** Options of `connectKeyValue`. */
export interface KeyValueClientOptions {
  /** Where the servers are: a map, or text such as `1=127.0.0.1:7001,2=127.0.0.1:7002`. */
  readonly endpoints: string | ReadonlyMap<ServerId, Address>;
  /** The name of the cluster. Servers of another cluster refuse the client. */
  readonly cluster: string;
  /** For a cluster with TLS: the certificate of the client, or with a token the authority of the servers alone. */
  readonly tls?: TlsIdentity | TlsAuthority | undefined;
  /** The secret of a role, for a cluster that lets clients in by token. */
  readonly token?: string | undefined;
  /** How long a call may take, in ms: `defaultDeadlineMs` unless set here or at the call. */
  readonly deadlineMs?: number | undefined;
  /**
   * How many commands may be in flight at a time, from 1 to `sessionsMax`; `defaultSessions` unless set. Each has a session of the
   * service, which is opened when it is needed first. The key decides which session a command uses, so commands on the same key
   * keep their order.
   */
  readonly sessions?: number | undefined;
  /** A SystemClock unless set. */
  readonly clock?: Clock | undefined;
  /** Spreads the waits between attempts. */
  readonly random?: Random | undefined;
}

// Why a connection is refused, and why one ends, as values that programs can count, and as errors.

/**
 * Why a connection is refused before it carries anything:
 * - `foreign`: the bytes are not of this protocol;
 * - `version`: the two sides speak different versions of it;
 * - `cluster`: the other side belongs to another cluster;
 * - `server`: another server than the one that was meant is at the address;
 * - `member`: the other side says that it is a server which is not known here;
 * - `tls`: only one side speaks TLS, or the two have no version or cipher in common;
 * - `certificate`: there is no certificate, or it is expired, or of a foreign authority;
 * - `name`: the certificate is good, but is that of another server;
 * - `denied`: the other side has sent no token, or none that is known here;
 * - `timeout`: the other side took too long;
 * - `busy`: there are too many connections.
 */
export type RefusalReason = (typeof refusalReasons)[number];

/** Every reason, in the order of the list above. */
export const refusalReasons = [
  'foreign',
  'version',
  'cluster',
  'server',
  'member',
  'tls',
  'certificate',
  'name',
  'denied',
  'timeout',
  'busy',
] as const;

/** A refusal, as one side sends it to the other. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** A sentence with what was expected, what was found, and what to do. */
  readonly message: string;
}

/**
 * Why a connection ends:
 * - `closed`: this side was closed, or needs the connection no more;
 * - `lost`: the other side ended it, or the network did;
 * - `silent`: nothing came for too long, not even beats;
 * - `slow`: the other side does not read what is written;
 * - `hostile`: bytes came that no correct program sends;
 * - `replaced`: the same server has made a new connection;
 * - `refused`: one side refused the other.
 */
export type CloseReason = (typeof closeReasons)[number];

/** Every reason, in the order of the list above. */
export const closeReasons = ['closed', 'lost', 'silent', 'slow', 'hostile', 'replaced', 'refused'] as const;

/** The end of a connection. */
export interface Close {
  readonly reason: CloseReason;
  /** A sentence; for `hostile` with the bytes' fault. */
  readonly message: string;
}

/** Why a connection could not be made. Without `refusal` the address could not be reached. */
export interface DialProblem {
  /** Which side refused. */
  readonly by: 'here' | 'there' | 'network';
  readonly refusal: Refusal | undefined;
  readonly message: string;
}

/** What a system error says; several in one (an AggregateError, of a host with several addresses) have a code but no message. */
export function textOf(error: Error): string {
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}

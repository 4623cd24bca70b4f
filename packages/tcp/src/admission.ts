// Who may do what: a server decides for each connection, from what the handshake shows of the other side.
import type { ServerId } from '@raftlab/protocol';
import type { Refusal } from './reasons.ts';

/** The other side of a connection, as its handshake shows it, after cluster, server and certificate were checked. */
export interface Caller {
  /** Undefined for a client. With TLS the certificate proves it; without TLS the other side only claims it. */
  readonly server: ServerId | undefined;
  /** As the other side has sent it. */
  readonly token: string | undefined;
  /** Which kind of name the certificate has. Undefined without TLS, and for a client without a certificate. */
  readonly certificate: 'server' | 'client' | 'reader' | undefined;
}

/** What a caller may do: nothing, call any method, or call the methods with these names (`Service.Method`). */
export type Permission = 'none' | 'all' | ReadonlySet<string>;

/** Decides once for each connection, at the end of its handshake. Must not throw. */
export type Admit = (caller: Caller) => Permission;

/** The refusal of a caller that may do nothing. It does not repeat the token. */
export function denial({ server, token }: Caller): Refusal {
  const who = server === undefined ? 'the client' : `server ${server}`;
  const what = token === undefined ? 'has sent no token' : 'has sent a token that is not known here';
  return { reason: 'denied', message: `${who} ${what}; give it one of the tokens of this server` };
}

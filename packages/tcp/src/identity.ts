// Mutual TLS: which certificates a server and a client have, and what is wrong with the other side's.
import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { ServerId } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { Refusal } from './reasons.ts';

/**
 * The certificate of this side, its key, and the authorities whose certificates the other sides must have: text in the form of PEM.
 * Give a cluster an authority of its own.
 */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | readonly string[];
}

/**
 * The name that the certificate of a server has to have, as a subject alternative name of the kind DNS: `server-2.orders` for server
 * 2 of the cluster `orders`. It is no address: where the server runs does not matter.
 */
export function serverCertificateName(cluster: string, server: ServerId): string {
  assert(Number.isSafeInteger(server) && server >= 0, () => `${server} is no number of a server`);
  return `server-${server}.${cluster}`;
}

/** The same for a client: `client.orders`. */
export function clientCertificateName(cluster: string): string {
  return `client.${cluster}`;
}

/** The name that the certificate of a side has to have; null is a client. */
export function certificateName(cluster: string, side: ServerId | null): string {
  return side === null ? clientCertificateName(cluster) : serverCertificateName(cluster, side);
}

/**
 * What both sides speak TLS with. No session is resumed, so that every connection shows its certificate. Throws a RangeError when
 * the texts are no certificate and key, or when the certificate is not that of `name`.
 */
export function secureOptions({ cert, key, ca }: TlsIdentity, name: string): SecureContextOptions {
  const options: SecureContextOptions = {
    cert,
    key,
    ca: typeof ca === 'string' ? ca : [...ca],
    minVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  let own: X509Certificate;
  try {
    own = new X509Certificate(cert);
    createSecureContext(options);
  } catch (error) {
    throw new RangeError(
      `tls: cert, key and ca cannot be used: ${String(error)}; each is text in the form of PEM.`,
      {
        cause: error,
      },
    );
  }
  const problem = nameProblem(own, name);
  if (problem !== undefined) throw new RangeError(`tls: ${problem}.`);
  return options;
}

/** Why the certificate of the other side is not one of the cluster; undefined when it is. */
export function authorityProblem(socket: TLSSocket): Refusal | undefined {
  if (socket.authorized) return undefined;
  const problem = String(socket.authorizationError);
  const hasNone = socket.getPeerX509Certificate() === undefined;
  return {
    reason: 'certificate',
    message: hasNone
      ? 'there is no certificate; give that side one of the authority of the cluster'
      : `the certificate is not accepted (${problem}); it has to be valid, and of the authority of the cluster`,
  };
}

/** Why the certificate of the other side is not that of `name`; undefined when it is. */
export function nameProblemOf(socket: TLSSocket, name: string): Refusal | undefined {
  const certificate = socket.getPeerX509Certificate();
  const problem = certificate === undefined ? 'there is no certificate' : nameProblem(certificate, name);
  return problem === undefined ? undefined : { reason: 'name', message: problem };
}

function nameProblem(certificate: X509Certificate, name: string): string | undefined {
  assert(name !== '' && !name.includes('*'), () => `${name} is no name of one side`);
  if (certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined) return undefined;
  return `the certificate is for ${certificate.subjectAltName ?? 'no name'}; it has to be for DNS:${name}`;
}

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
export interface TlsIdentity extends TlsAuthority {
  readonly cert: string;
  readonly key: string;
}

/** The authorities alone, for a client that has a token instead of a certificate. */
export interface TlsAuthority {
  readonly ca: string | readonly string[];
}

/** Which kind of side a certificate is for. */
export type CertificateKind = 'server' | 'client' | 'reader';

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

/** The same for a client that may do less than others, if the server says so: `reader.orders`. */
export function readerCertificateName(cluster: string): string {
  return `reader.${cluster}`;
}

/** The names of which the certificate of a side has to have one, best first; null is a client. */
export function certificateNames(
  cluster: string,
  side: ServerId | null,
): readonly { readonly kind: CertificateKind; readonly name: string }[] {
  if (side !== null) return [{ kind: 'server', name: serverCertificateName(cluster, side) }];
  return [
    { kind: 'client', name: clientCertificateName(cluster) },
    { kind: 'reader', name: readerCertificateName(cluster) },
  ];
}

/**
 * What both sides speak TLS with. No session is resumed, so that every connection shows its certificate. Throws a RangeError when
 * the texts are no certificate and key, or when the certificate is not that of `name`.
 */
export function secureOptions(
  { cert, key, ca }: TlsIdentity,
  names: readonly string[],
): SecureContextOptions {
  const options: SecureContextOptions = { cert, key, ...authorityOptions({ ca }) };
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
  const problem = nameProblem(own, names);
  if (problem !== undefined) throw new RangeError(`tls: ${problem}.`);
  return options;
}

/** The same for a client without a certificate. Throws a RangeError when the text is no certificate. */
export function authorityOptions({ ca }: TlsAuthority): SecureContextOptions {
  const options: SecureContextOptions = {
    ca: typeof ca === 'string' ? ca : [...ca],
    minVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  try {
    for (const each of [ca].flat()) assert(new X509Certificate(each).ca, 'it is not that of an authority');
  } catch (error) {
    throw new RangeError(`tls: ca cannot be used: ${String(error)}; it is text in the form of PEM.`, {
      cause: error,
    });
  }
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

/** Why the certificate of the other side has none of these names; undefined when it has one. */
export function nameProblemOf(socket: TLSSocket, names: readonly string[]): Refusal | undefined {
  const certificate = socket.getPeerX509Certificate();
  const problem = certificate === undefined ? 'there is no certificate' : nameProblem(certificate, names);
  return problem === undefined ? undefined : { reason: 'name', message: problem };
}

/** The first of these kinds whose name the certificate of the other side has. */
export function certificateKindOf(
  socket: TLSSocket,
  names: ReturnType<typeof certificateNames>,
): CertificateKind | undefined {
  const certificate = socket.getPeerX509Certificate();
  return names.find(({ name }) => certificate !== undefined && hasName(certificate, name))?.kind;
}

function nameProblem(certificate: X509Certificate, names: readonly string[]): string | undefined {
  if (names.some((name) => hasName(certificate, name))) return undefined;
  const wanted = names.map((name) => `DNS:${name}`).join(' or ');
  return `the certificate is for ${certificate.subjectAltName ?? 'no name'}; it has to be for ${wanted}`;
}

function hasName(certificate: X509Certificate, name: string): boolean {
  assert(name !== '' && !name.includes('*'), () => `${name} is no name of one side`);
  return certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;
}

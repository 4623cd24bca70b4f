// Certificates for a campaign with TLS: an authority of its own, and what it signs. Made by the command line of OpenSSL 3.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientCertificateName, serverCertificateName } from '@raftlab/tcp';

/** Longer than any campaign. */
const validDays = '2';

/** @typedef {{ cert: string, key: string, ca: string }} Files Paths of PEM files. */

/**
 * @param {string} folder @param {{ cluster: string, servers: readonly number[] }} options
 * @returns {{ ofServer: ReadonlyMap<number, Files>, client: import('@raftlab/tcp').TlsIdentity }}
 */
export function makeCertificates(folder, { cluster, servers }) {
  const authority = certificate(folder, 'authority', []);
  /** @param {string} name */
  const issue = (name) => ({
    ...certificate(folder, name, [
      '-CA',
      authority.cert,
      '-CAkey',
      authority.key,
      '-addext',
      `subjectAltName=DNS:${name}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ]),
    ca: authority.cert,
  });
  const { cert, key, ca } = issue(clientCertificateName(cluster));
  const read = (/** @type {string} */ file) => readFileSync(file, 'utf8');
  return {
    ofServer: new Map(servers.map((server) => [server, issue(serverCertificateName(cluster, server))])),
    client: { cert: read(cert), key: read(key), ca: read(ca) },
  };
}

/** @param {string} folder @param {string} name @param {readonly string[]} more */
function certificate(folder, name, more) {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
  const argv = ['req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', validDays, '-out', cert, ...more];
  const { status, stderr, error } = spawnSync('openssl', argv, { encoding: 'utf8' });
  if (status === 0) return { cert, key };
  throw new Error(
    `openssl could not make the certificate of ${name}: ${error?.message ?? stderr}; --tls needs OpenSSL 3.`,
  );
}

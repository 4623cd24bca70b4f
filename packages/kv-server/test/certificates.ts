// Certificates for tests, made when they run: an authority, and what it signs.
import { KeyObject, webcrypto } from 'node:crypto';
import { statSync } from 'node:fs';
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs it
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { TlsIdentity } from '@raftlab/tcp';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A time that has passed. */
const past = statSync(process.execPath).mtime;

/** Signs certificates. */
export class Authority {
  readonly #certificate: x509.X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
  }

  static async make(name: string): Promise<Authority> {
    const keys = await makeKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name: `CN=${name}`,
      notBefore: past,
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new Authority(certificate, keys);
  }

  /** The certificate of the authority, as PEM. */
  get pem(): string {
    return this.#certificate.toString('pem');
  }

  /** A side whose certificate has these names, and which trusts this authority. */
  async issue(names: readonly string[], { isExpired = false } = {}): Promise<TlsIdentity> {
    const keys = await makeKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: '02',
      subject: `CN=${names[0] ?? 'none'}`,
      issuer: this.#certificate.subject,
      notBefore: past,
      ...(isExpired && { notAfter: past }),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
    });
    const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
    return { cert: certificate.toString('pem'), key: String(key), ca: this.pem };
  }
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

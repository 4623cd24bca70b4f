// Addresses as text: `host:port`, with brackets around an IPv6 host.
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Address } from '@raftlab/tcp';

const portMax = 65_535;
const hostLengthMax = 253;

/** The address that a text names; undefined for a text that names none. Port 0 is one. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > portMax) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  return plain !== undefined && isHost(plain) ? { host: plain, port } : undefined;
}

/** The text of an address, for `parseAddress`. */
export function formatAddress({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only programs of this machine reach the address. A name other than `localhost` may mean anything. */
export function isLoopback({ host }: Address): boolean {
  const version = isIP(host);
  return version === 0 ? host === 'localhost' : loopback.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  // A text of digits and dots that is no IPv4 address is a mistake, not a name.
  if (text.length > hostLengthMax || /^[\d.]+$/.test(text)) return false;
  return text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
}

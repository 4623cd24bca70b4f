// The addresses of the servers as text: `1=127.0.0.1:7001,2=127.0.0.1:7002`.
import type { ServerId } from '@raftlab/protocol';
import type { Address } from '@raftlab/tcp';

const form = 'write the endpoints as 1=host:port,2=host:port, an IPv6 address in brackets';
const serverMax = 65_535;
const portMax = 65_535;

/**
 * The address of each server. Throws a RangeError, with the part that is wrong, for text of another form, a server that occurs twice,
 * and no server at all.
 */
export function parseEndpoints(text: string): Map<ServerId, Address> {
  const addresses = new Map<ServerId, Address>();
  for (const part of text.split(',').map((padded) => padded.trim())) {
    const [, id = '', ipv6, name, digits = ''] =
      /^(\d+)=(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]=]+)):(\d+)$/.exec(part) ?? [];
    const host = ipv6 ?? name;
    if (host === undefined) throw new RangeError(`endpoint ${JSON.stringify(part)} is invalid; ${form}.`);
    const [server, port] = [Number(id), Number(digits)];
    if (server > serverMax)
      throw new RangeError(`endpoint ${part}: a server has a number from 0 to ${serverMax}.`);
    if (port < 1 || port > portMax)
      throw new RangeError(`endpoint ${part}: a port is a number from 1 to ${portMax}.`);
    if (addresses.has(server))
      throw new RangeError(`endpoint ${part}: server ${server} has an address already; name it once.`);
    addresses.set(server, { host, port });
  }
  return addresses;
}

/** The inverse of `parseEndpoints`, for one server: `host:port`. */
export function formatEndpoint({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

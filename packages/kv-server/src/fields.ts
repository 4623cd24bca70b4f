// The kinds of settings. Each says in words what is valid, and takes a value of a file as well as its text from a command line or
// the environment.
import { serverIdSchema, type ServerId } from '@raftlab/protocol';
import type { Address } from '@raftlab/tcp';
import { z } from 'zod';
import { parseAddress } from './address.ts';

/** The most servers of one cluster. More make every write slower, and a majority no safer in practice. */
export const serversMax = 9;

/** A setting that `parse` understands; undefined is not understood. The message of its issue is `valid`. */
export function field<Value>(valid: string, parse: (value: unknown) => Value | undefined): z.ZodType<Value> {
  return z.unknown().transform((value, context) => {
    const parsed = value === undefined ? undefined : parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: valid });
    return z.NEVER;
  });
}

/** A whole number. */
export function wholeNumber(min: number, max: number, unit = ''): z.ZodType<number> {
  const valid = `a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`;
  return field(valid, (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    const isValid = Number.isSafeInteger(number) && typeof number === 'number';
    return isValid && number >= min && number <= max ? number : undefined;
  });
}

/** A text that is not empty. */
export function text(valid: string): z.ZodType<string> {
  return field(valid, (value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined));
}

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): z.ZodType<Word> {
  return field(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value));
}

/** Yes or no. */
export const flag: z.ZodType<boolean> = field('true or false', (value) => {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
});

/** The number of a server. */
export const serverId: z.ZodType<ServerId> = field(
  'the number of this server, a whole number from 0 to 65535',
  (value) => parseServerId(value),
);

/** Where to listen. */
export const listenAddress: z.ZodType<Address> = field(
  'an address HOST:PORT, such as 127.0.0.1:7001 or [::1]:7001; port 0 is any that is free',
  (value) => (typeof value === 'string' ? parseAddress(value) : undefined),
);

/** The servers of the cluster with their addresses, as text or as an object. */
export const peerAddresses: z.ZodType<ReadonlyMap<ServerId, Address>> = field(
  `the servers of the cluster with their addresses, such as 1=host-a:7001,2=host-b:7001,3=host-c:7001; 1 to ${serversMax} servers, ` +
    'each once, each with an address of its own and a port from 1 to 65535',
  (value) => {
    const pairs = pairsOf(value);
    if (pairs === undefined || pairs.length === 0 || pairs.length > serversMax) return undefined;
    const addresses = new Map<ServerId, Address>();
    for (const [name, place] of pairs) {
      const id = parseServerId(name);
      const address = typeof place === 'string' ? parseAddress(place) : undefined;
      if (id === undefined || address === undefined || address.port === 0) return undefined;
      addresses.set(id, address);
    }
    const places = new Set([...addresses.values()].map(({ host, port }) => `${host} ${port}`));
    return addresses.size === pairs.length && places.size === pairs.length ? addresses : undefined;
  },
);

function pairsOf(value: unknown): (readonly [string, unknown])[] | undefined {
  if (typeof value === 'string') {
    return value.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()] as const;
    });
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : undefined;
}

function parseServerId(value: unknown): ServerId | undefined {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  const result = serverIdSchema.safeParse(number);
  return result.success ? result.data : undefined;
}

// The files of a configuration that are read once, when the server starts: certificate, key, authority, tokens.
import { readFile } from 'node:fs/promises';
import type { TlsIdentity } from '@raftlab/tcp';
import { parseTokens, type ServerTokens } from './access.ts';
import type { ServerConfig } from './config.ts';
import { ConfigError } from './errors.ts';

/** What the files contain. */
export interface Secrets {
  readonly tls: TlsIdentity | undefined;
  readonly tokens: ServerTokens | undefined;
}

/** Reads the files. Throws a ConfigError for one that cannot be read, or that does not contain what it should. */
export async function readSecrets({ tls, tokenFile, peers }: ServerConfig): Promise<Secrets> {
  const tokens = tokenFile === undefined ? undefined : parseTokens(await read('tokenFile', tokenFile));
  if (tokens !== undefined && tls === undefined && tokens.own === undefined && peers.size > 1)
    throw new ConfigError([
      {
        key: 'tokenFile',
        got: 'no token of the role server',
        valid:
          'a file with a line "server TOKEN" that all servers of the cluster have, because without TLS a client could pass for a server',
      },
    ]);
  if (tls === undefined) return { tls: undefined, tokens };
  return {
    tls: {
      cert: await read('tlsCert', tls.cert),
      key: await read('tlsKey', tls.key),
      ca: await read('tlsCa', tls.ca),
    },
    tokens,
  };
}

async function read(key: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ key, got: path, valid: `a file that can be read (${problem})` }]);
  }
}

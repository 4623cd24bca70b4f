// Who may do what: the roles of tokens and certificates.
import { openSnapshotMethod, readMethod, readSnapshotMethod, statusMethod } from '@raftlab/kv';
import { tokenMaxBytes, Tokens, type Admit, type Permission } from '@raftlab/tcp';
import { ConfigError } from './errors.ts';

/**
 * What a token is for. `read`: a client that reads keys, status and snapshots. `write`: a client that may do everything. `server`:
 * the other servers of the cluster, where TLS does not identify them.
 */
export type TokenRole = (typeof tokenRoles)[number];

const tokenRoles = ['read', 'write', 'server'] as const;

/** The shortest token, in characters: one of random letters and digits cannot be guessed. */
export const tokenLengthMin = 16;

/** The tokens of a server. */
export interface ServerTokens {
  readonly roles: Tokens<TokenRole>;
  /** What this server sends to the others; the first of the role `server`. */
  readonly own: string | undefined;
}

/** The methods that the role `read` may call. */
export const readMethods: ReadonlySet<string> = new Set(
  [readMethod, statusMethod, openSnapshotMethod, readSnapshotMethod].map(({ name }) => name),
);

/**
 * Reads the text of a token file: a line `ROLE TOKEN` for each token; empty lines and those that begin with # are ignored. Throws a
 * ConfigError that names the line, and does not show the token.
 */
export function parseTokens(text: string): ServerTokens {
  const roles = new Map<string, TokenRole>();
  const own: string[] = [];
  for (const [offset, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [name, token = '', ...rest] = line.trim().split(/\s+/);
    const role = tokenRoles.find((known) => known === name);
    const isSized = token.length >= tokenLengthMin && Buffer.byteLength(token) <= tokenMaxBytes;
    if (role === undefined || rest.length > 0 || !isSized || roles.has(token))
      throw new ConfigError([
        {
          key: 'tokenFile',
          got: `line ${offset + 1}, which ${problemOf({ role, rest, isSized })}`,
          valid: `lines ROLE TOKEN, with a role of ${tokenRoles.join(', ')} and ${tokenLengthMin} to ${tokenMaxBytes} characters, each token once`,
        },
      ]);
    roles.set(token, role);
    if (role === 'server') own.push(token);
  }
  if (roles.size === 0)
    throw new ConfigError([{ key: 'tokenFile', got: 'no token', valid: 'lines ROLE TOKEN' }]);
  return { roles: new Tokens(roles), own: own[0] };
}

function problemOf({
  role,
  rest,
  isSized,
}: {
  readonly role: TokenRole | undefined;
  readonly rest: readonly string[];
  readonly isSized: boolean;
}): string {
  if (role === undefined) return 'has no such role';
  if (rest.length > 0) return 'has more than two words';
  return isSized ? 'has a token that an earlier line has' : 'has a token of another length';
}

/**
 * Decides what each connection may do. A certificate is enough: that of a server or a client for everything, that of a reader for
 * `readMethods`. Without one a token decides, where there are tokens. With neither TLS nor tokens everyone may do everything, which is
 * why such a server listens on loopback only.
 */
export function admitBy({ hasTls, tokens }: { hasTls: boolean; tokens: ServerTokens | undefined }): Admit {
  return ({ server, token, certificate }): Permission => {
    if (certificate !== undefined) return certificate === 'reader' ? readMethods : 'all';
    if (tokens === undefined) return hasTls ? 'none' : 'all';
    const role = tokens.roles.roleOf(token);
    if (server !== undefined) return role === 'server' ? 'all' : 'none';
    return role === 'write' ? 'all' : role === 'read' ? readMethods : 'none';
  };
}

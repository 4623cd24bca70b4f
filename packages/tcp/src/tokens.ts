// The tokens that a server accepts. They are compared as hashes, in constant time: how long a comparison takes shows nothing about
// them.
import { createHash, timingSafeEqual } from 'node:crypto';
import { assert } from '@raftlab/runtime/assert';

/** The longest token, in bytes: a hello, which contains it, is one small frame. */
export const tokenMaxBytes = 512;

/** What each token is for. Keeps hashes, not the tokens. */
export class Tokens<Role> {
  readonly #roles: readonly { readonly hash: Buffer; readonly role: Role }[];

  /** Throws a RangeError for an empty token or one that is too long. */
  constructor(roles: ReadonlyMap<string, Role>) {
    this.#roles = [...roles].map(([token, role]) => {
      checkToken(token);
      return { hash: hashOf(token), role };
    });
    assert(this.#roles.length === roles.size, 'every token has a role');
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#roles.length;
  }

  /** The role of a token; undefined when there is no token, or it is not known. Compares it with every token, always. */
  roleOf(token: string | undefined): Role | undefined {
    const given = hashOf(token ?? '');
    let found: Role | undefined;
    for (const { hash, role } of this.#roles) if (timingSafeEqual(hash, given)) found = role;
    return found;
  }
}

/** Throws a RangeError, which does not contain the token, for one that cannot be sent. */
export function checkToken(token: string): void {
  const sizeBytes = Buffer.byteLength(token);
  if (sizeBytes >= 1 && sizeBytes <= tokenMaxBytes) return;
  throw new RangeError(`a token has 1 to ${tokenMaxBytes} bytes; got one of ${sizeBytes}.`);
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

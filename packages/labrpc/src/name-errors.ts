// Wrong names of ends and servers: mistakes of the code that sets up a network. In the lab they end the process.

/** An end with this name exists already. Thrown by `Network.makeEnd`. */
export class DuplicateEndError extends Error {
  override readonly name: string = 'DuplicateEndError';
  readonly endName: string;

  constructor(endName: string, known: Iterable<string>) {
    super(`There is already an end ${quote(endName)}; names in use are ${listNames(known)}.`);
    this.endName = endName;
  }
}

/** No end has this name. Thrown by the methods of `Network` that change an end. */
export class UnknownEndError extends Error {
  override readonly name: string = 'UnknownEndError';
  readonly endName: string;

  constructor(endName: string, known: Iterable<string>) {
    super(`There is no end ${quote(endName)}; make it first. Ends are ${listNames(known)}.`);
    this.endName = endName;
  }
}

/** No server is registered under this name. Thrown by `Network.getCount`. */
export class UnknownServerError extends Error {
  override readonly name: string = 'UnknownServerError';
  readonly serverName: string;

  constructor(serverName: string, about: { wasDeleted: boolean; known: Iterable<string> }) {
    const what = about.wasDeleted ? 'was deleted' : 'was never added';
    super(`Server ${quote(serverName)} ${what}; servers are ${listNames(about.known)}.`);
    this.serverName = serverName;
  }
}

/** A message lists this many names at most: a cluster has an end for every pair of servers and every restart. */
const listedNameCountMax = 20;

/** `"a", "b"`, for messages that say which names are valid; `none` when there are none. */
export function listNames(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'none';
  const listed = all.slice(0, listedNameCountMax).map(quote);
  if (all.length > listed.length) listed.push(`and ${all.length - listed.length} more`);
  return listed.join(', ');
}

function quote(name: string): string {
  return JSON.stringify(name);
}

// Ports for servers that must know each other's address before the first of them listens.
import { createServer, type Server } from 'node:net';
import type { Random } from '@raftlab/runtime';

/**
 * Where the ports are drawn from. Systems take the port of an outgoing connection, and of a server that listens on port 0, from a range
 * of their own (Linux from 32,768, macOS and Windows from 49,152): a port below it is not taken between this answer and its use.
 */
const portRange = { min: 20_000, max: 32_000 };
/** So many ports that are in use are met before the search ends with an error. */
const inUseMax = 1000;

/** So many different ports of `host` that no program uses now. Rejects when the host is not one of this machine. */
export async function freePorts(
  host: string,
  { count, random }: { readonly count: number; readonly random: Random },
): Promise<number[]> {
  // All stay open until the last is found, so that no two are the same.
  const open = new Map<number, Server>();
  try {
    for (let inUse = 0; open.size < count;) {
      const port = random.int(portRange.min, portRange.max - 1);
      const server = open.has(port) ? undefined : await listenIfFree(host, port);
      if (server !== undefined) open.set(port, server);
      else if ((inUse += 1) > inUseMax)
        throw new Error(
          `found ${open.size} of ${count} free ports of ${host} from ${portRange.min} to ${portRange.max - 1}; choose the ports yourself.`,
        );
    }
  } finally {
    await Promise.all([...open.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  }
  return [...open.keys()];
}

function listenIfFree(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen({ host, port }, () => resolve(server));
  });
}

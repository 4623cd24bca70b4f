// One server as the attempts of a client see it.
import { openSnapshotMethod, transferMethod } from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import type { ClientEnd } from '@raftlab/rpc';
import type { TcpClient } from '@raftlab/tcp';

/**
 * How long one attempt at one server may take, in ms. A server that has died is noticed at once, by its connection; this is for one
 * that hangs. Under load a reply may take several hundred ms.
 */
export const attemptTimeoutMs = 1000;

/** The same for the calls of an operator that take longer, in ms: a snapshot of a large store, an election. */
export const operatorAttemptTimeoutMs = 30_000;

const operatorMethods: ReadonlySet<string> = new Set([openSnapshotMethod.name, transferMethod.name]);

/** Calls that end when the attempt does, so that a server that hangs does not collect them. */
export function endTo(network: TcpClient, server: ServerId): ClientEnd {
  const end = network.end(server);
  return {
    call(method, args) {
      const deadlineMs = operatorMethods.has(method.name) ? operatorAttemptTimeoutMs : attemptTimeoutMs;
      return end.call(method, args, { deadlineMs });
    },
  };
}

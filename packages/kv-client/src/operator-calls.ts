// The calls of an operator: the status of every server, a transfer of leadership, and a snapshot for a backup.
import {
  openSnapshotMethod,
  readSnapshotMethod,
  statusMethod,
  transferMethod,
  type Attempts,
  type OpenedSnapshot,
  type ServerReport,
  type TransferOutcome,
} from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import type { CancelSignal } from '@raftlab/runtime';
import { assert, AssertionError } from '@raftlab/runtime/assert';
import type { TcpClient } from '@raftlab/tcp';
import { attemptTimeoutMs, operatorAttemptTimeoutMs } from './attempt-timeouts.ts';
import { ReplyLostError, SnapshotLostError } from './errors.ts';
import type { ClientCallOptions, ClientReadOptions, PendingCalls } from './pending-calls.ts';
import type { ServerProblems } from './server-problems.ts';

/** One server's answer to a request for its status. */
export type ServerStatus =
  | { readonly server: ServerId; readonly ok: true; readonly report: ServerReport }
  /** `problem`: why there is no answer, in words. */
  | { readonly server: ServerId; readonly ok: false; readonly problem: string };

/** A snapshot that is open on a server. */
export interface ClientSnapshot extends Omit<OpenedSnapshot, 'id'> {
  /** The server that has it. */
  readonly server: ServerId;
  /** The bytes, to be read once and without a pause of more than 30 s. Rejects with a SnapshotLostError when the server has lost it. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What these calls share with the other calls of the client. */
export interface OperatorParts {
  readonly network: TcpClient;
  readonly attempts: Attempts;
  readonly pending: PendingCalls;
  readonly problems: ServerProblems;
  /** The server at a position of the attempts. */
  readonly serverAt: (position: number) => ServerId;
}

/** See the methods of `KeyValueClient`. */
export class OperatorCalls {
  readonly #parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  /** One answer for each server, in the order of the endpoints. */
  status({ deadlineMs = attemptTimeoutMs, signal }: ClientCallOptions = {}): Promise<ServerStatus[]> {
    const { network, pending, problems } = this.#parts;
    const ask = async (server: ServerId, within: CancelSignal): Promise<ServerStatus> => {
      const result = await network.end(server).call(statusMethod, null, { deadlineMs, signal: within });
      await rejectIfAborted(within);
      if (result.ok) return { server, ok: true, report: result.reply };
      return { server, ok: false, problem: problems.describe(server, result.reason) };
    };
    return pending.run(
      {
        operation: () => 'status',
        isCommand: false,
        perform: (within) => Promise.all(network.servers.map((server) => ask(server, within))),
      },
      // The calls end by themselves at the deadline, and each says why.
      { deadlineMs: deadlineMs + attemptTimeoutMs, signal },
    );
  }

  /** Not repeated when its outcome is unknown: a second one would move the leadership on. */
  transfer(to: ServerId | undefined, options: ClientCallOptions = {}): Promise<TransferOutcome> {
    const operation = to === undefined ? 'transfer' : `transfer to server ${to}`;
    return this.#parts.pending.run(
      {
        operation: () => operation,
        isCommand: true,
        perform: async (signal) => {
          const reply = await this.#parts.attempts.call({
            method: transferMethod,
            args: { to: to ?? null },
            signal,
            attemptTimeoutMs: operatorAttemptTimeoutMs,
            isOnce: true,
          });
          if (reply.ok) return reply.value;
          assert(reply.refusal === 'Unknown', () => `a transfer was refused as ${reply.refusal}`);
          throw new ReplyLostError(operation);
        },
      },
      options,
    );
  }

  /** Opens it on the leader, or for `local` on any server. */
  openSnapshot({ level = 'linearizable', ...options }: ClientReadOptions = {}): Promise<ClientSnapshot> {
    const { attempts, pending, serverAt } = this.#parts;
    return pending.run(
      {
        operation: () => 'snapshot',
        isCommand: false,
        perform: async (signal) => {
          const reply = await attempts.call({
            method: openSnapshotMethod,
            args: { level },
            signal,
            attemptTimeoutMs: operatorAttemptTimeoutMs,
          });
          if (!reply.ok) throw new AssertionError(`a snapshot was refused as ${reply.refusal}`);
          const { id, ...opened } = reply.value;
          const server = serverAt(reply.end);
          const place = { server, id, sizeBytes: opened.sizeBytes };
          return { ...opened, server, chunks: this.#chunksOf(place, options) };
        },
      },
      options,
    );
  }

  async *#chunksOf(
    { server, id, sizeBytes }: { readonly server: ServerId; readonly id: number; readonly sizeBytes: number },
    options: ClientCallOptions,
  ): AsyncGenerator<Uint8Array> {
    const { network, pending, problems } = this.#parts;
    const end = network.end(server);
    const readAt = (offset: number): Promise<Uint8Array> =>
      pending.run(
        {
          operation: () => `snapshot of server ${server} at byte ${offset}`,
          isCommand: false,
          perform: async (signal) => {
            const result = await end.call(readSnapshotMethod, { id, offset }, { signal });
            await rejectIfAborted(signal);
            if (!result.ok) throw new SnapshotLostError(server, problems.describe(server, result.reason));
            if (result.reply === null)
              throw new SnapshotLostError(server, 'does not have the snapshot any more');
            return result.reply;
          },
        },
        options,
      );
    let offset = 0;
    while (offset < sizeBytes) {
      const chunk = await readAt(offset);
      assert(chunk.length > 0, () => `a snapshot of ${sizeBytes} bytes ends at ${offset}`);
      offset += chunk.length;
      yield chunk;
    }
    assert(offset === sizeBytes, () => `a snapshot of ${sizeBytes} bytes has ${offset}`);
    // Closes it. The server closes it by itself, too.
    await end.call(readSnapshotMethod, { id, offset });
  }
}

/** With the reason of the signal, as the attempts do. A call on the network itself is not ok then, which is no answer. */
function rejectIfAborted(signal: CancelSignal): Promise<void> {
  return signal.aborted ? Promise.reject(signal.reason) : Promise.resolve();
}

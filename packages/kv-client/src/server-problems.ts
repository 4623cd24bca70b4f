// Why servers cannot be reached at present, in words.
import type { ServerId } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import type { Address, NetworkEvent, RefusalReason } from '@raftlab/tcp';
import { formatEndpoint } from './endpoints.ts';

/** Refusals that end by themselves. */
const passingReasons: ReadonlySet<RefusalReason> = new Set(['timeout', 'busy']);

/** What attempts report, in words; what is not here is in words already. */
const failureWords: ReadonlyMap<string, string> = new Map([
  ['NotLeader', 'does not lead'],
  ['Unknown', 'lost the leadership while the call was pending'],
  ['Busy', 'is overloaded'],
  ['busy', 'is overloaded'],
  ['Stopped', 'is stopping'],
  ['lost', 'lost the connection while the call was pending'],
  ['declined', 'did not answer'],
  ['deadline', 'did not answer in time'],
  ['unreachable', 'cannot be reached'],
  ['closed', 'is not called any more, because the client was closed'],
]);

/** The problems of the connections to the servers, from the events of the network. */
export class ServerProblems {
  readonly #addresses: ReadonlyMap<ServerId, Address>;
  readonly #unreachable = new Map<ServerId, { readonly words: string; readonly isLasting: boolean }>();
  #onAllRefused: () => void = () => undefined;

  constructor(addresses: ReadonlyMap<ServerId, Address>) {
    assert(addresses.size >= 1, 'there are no servers');
    this.#addresses = addresses;
  }

  /** Sets what is called when every server has come to refuse this client for a reason that lasts. */
  set onAllRefused(listener: () => void) {
    this.#onAllRefused = listener;
  }

  /** The listener of the network. */
  onEvent(event: NetworkEvent): void {
    if (event.kind !== 'connected' && event.kind !== 'unreachable') return;
    const { server } = event.peer;
    if (server === undefined) return;
    if (event.kind === 'connected') {
      this.#unreachable.delete(server);
      return;
    }
    const { refusal, message } = event.problem;
    const isLasting = refusal !== undefined && !passingReasons.has(refusal.reason);
    const words = `${refusal === undefined ? 'cannot be reached' : 'no connection'}: ${message}`;
    this.#unreachable.set(server, { words, isLasting });
    const lasting = [...this.#unreachable.values()].filter((problem) => problem.isLasting);
    if (lasting.length === this.#addresses.size) this.#onAllRefused();
  }

  /** A failure of a call to a server, in words. */
  describe(server: ServerId, failure: string): string {
    const address = this.#addresses.get(server);
    const where = address === undefined ? '' : formatEndpoint(address);
    const words =
      (failure === 'unreachable' ? this.#unreachable.get(server)?.words : undefined) ??
      failureWords.get(failure) ??
      failure;
    return words.includes(where) ? words : `${words} (${where})`;
  }
}

// One server of the key/value service: the machine, replicated, and the calls that clerks make.
import { bindOutcome, makeService, type Service } from '@raftlab/rpc';
import { ReplicatedStateMachine, type ReplicatedOptions, type Submission } from '@raftlab/rsm';
import { KeyValueMachine } from './key-value-machine.ts';
import {
  commandCodec,
  resultCodec,
  type KeyValueAnswer,
  type KeyValueCommand,
  type KeyValueQuery,
  type KeyValueResult,
} from './operation.ts';
import { executeMethod, openSessionMethod, readMethod } from './methods.ts';
import { keyValueServiceName, refusalReply, type Reply } from './protocol.ts';

/** What a server is made of: a peer, a clock, and the bounds of the replicated state machine. */
export type KeyValueServerOptions = Omit<
  ReplicatedOptions<KeyValueCommand, KeyValueResult, KeyValueQuery, KeyValueAnswer>,
  'machine' | 'commandCodec' | 'resultCodec'
>;

/** A replicated key/value store. */
export type ReplicatedKeyValue = ReplicatedStateMachine<
  KeyValueCommand,
  KeyValueResult,
  KeyValueQuery,
  KeyValueAnswer
>;

/** One server of the service. It answers every call; only the leader executes commands. */
export class KeyValueServer {
  /** For use inside the process: `submit`, `read`. */
  readonly store: ReplicatedKeyValue;
  /** The calls of clerks, to be registered on the server's network. */
  readonly service: Service;
  readonly #machine = new KeyValueMachine();

  /** Makes the peer, too, with `makePeer`. Throws as the constructor of `ReplicatedStateMachine` does. */
  constructor(options: KeyValueServerOptions) {
    const store: ReplicatedKeyValue = new ReplicatedStateMachine({
      ...options,
      machine: this.#machine,
      commandCodec,
      resultCodec,
    });
    this.store = store;
    this.service = makeService(keyValueServiceName, [
      bindOutcome(openSessionMethod, () => store.openSession(), replyOf),
      bindOutcome(executeMethod, (args) => store.submit(args.command, args), replyOf),
      bindOutcome(readMethod, ({ query, level }) => store.read(query, level), replyOf),
    ]);
  }

  /** How many keys the store has on this server. */
  get keyCount(): number {
    return this.#machine.size;
  }

  /** All pairs of this server's store at this moment, without sessions: bytes for `KeyValueMachine.restore`. */
  snapshot(): Uint8Array {
    return this.#machine.snapshot();
  }

  /** The same in pieces, which are of this moment whenever they are made. */
  snapshotPieces(): Iterable<Uint8Array> {
    return this.#machine.snapshotPieces();
  }

  /** Stops at once; calls that wait end as unknown. Idempotent. */
  kill(): void {
    this.store.kill();
  }

  /** As `kill`, and resolves once the storage is released. */
  stop(): Promise<void> {
    return this.store.stop();
  }
}

function replyOf<Value>(submission: Submission<Value>): Reply<Value> {
  return submission.ok ? { ok: true, value: submission.result } : refusalReply(submission.refusal);
}

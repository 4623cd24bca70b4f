// Passes the messages that a peer applies to its service, for one server from a start to a crash, and compares its state with
// those of the other servers after every index.
import { expectThat } from '@raftlab/invariants';
import {
  appliedIndexOf,
  type ApplyMsg,
  type LogIndex,
  type ServerId,
  type Snapshot,
} from '@raftlab/protocol';
import { applyMessage, type RaftState } from '@raftlab/raft-core';
import { show, type Recorder } from '@raftlab/trace';
import type { Mix } from './mix.ts';
import type { Reached } from './reached.ts';
import type { SimulatedService } from './service.ts';
import { overwrite } from './service-channel.ts';

/** By index: the digest of the service after it, on the server that applied it first. */
export type ServiceDigests = (string | number)[];

export interface ServiceReaderOptions {
  readonly server: ServerId;
  readonly service: SimulatedService;
  readonly digests: ServiceDigests;
  readonly mix: Pick<Mix, 'snapshotEvery' | 'appendsNoop' | 'isCareless'>;
  readonly reached: Reached;
  readonly recorder: Recorder | undefined;
  /** The state of the core; undefined while storage is still loading. */
  readonly state: () => RaftState | undefined;
  readonly takeSnapshot: (index: LogIndex, data: Uint8Array) => void;
}

export class ServiceReader {
  readonly #options: ServiceReaderOptions;
  #lastApplied: LogIndex = 0;

  constructor(options: ServiceReaderOptions) {
    this.#options = options;
  }

  get lastApplied(): LogIndex {
    return this.#lastApplied;
  }

  /** Restores the service from a stored snapshot, if there is one. Call it before the first message. */
  restore(snapshot: Snapshot | undefined): void {
    if (snapshot === undefined) return;
    this.#options.service.restore(snapshot.data);
    this.#lastApplied = snapshot.lastIncludedIndex;
  }

  /** Throws a Violation if the message is out of order, or if the service differs from those of other servers afterwards. */
  take(message: ApplyMsg): void {
    const { server, service, recorder } = this.#options;
    const index = appliedIndexOf(message);
    if (message.snapshotValid) {
      expectThat(
        index > this.#lastApplied,
        () => `a snapshot up to ${index} moves a service back that has applied ${this.#lastApplied}`,
      );
    } else {
      expectThat(
        index === this.#lastApplied + 1,
        () => `the service is handed ${index} after ${this.#lastApplied}`,
      );
      this.#expectRightKind(message, index);
    }
    applyMessage(service, message);
    this.#lastApplied = index;
    recorder?.record({ kind: 'apply', server, index, ...contentOf(message) });
    this.#expectSameState(index);
    if (!message.snapshotValid) this.#snapshotIfDue(message, index);
    if (this.#options.mix.isCareless) overwriteBuffers(message);
  }

  /** A command in the log is delivered as a command, and an entry of another kind is not. */
  #expectRightKind({ commandValid }: ApplyMsg, index: LogIndex): void {
    const { state, mix } = this.#options;
    // The entry may be missing: a snapshot that was installed meanwhile replaces it, and waits behind this message.
    const kind = state()?.log.entryAt(index)?.kind ?? (commandValid ? 'command' : 'noop');
    expectThat(
      commandValid === (kind === 'command'),
      () =>
        `the service is handed ${index} as a ${commandValid ? 'command' : 'noop'}; in the log it is a ${kind}`,
    );
    expectThat(
      commandValid || mix.appendsNoop,
      () => `the service is handed a noop at ${index}, but no leader may append one`,
    );
  }

  #expectSameState(index: LogIndex): void {
    const { service, digests } = this.#options;
    const digest = service.digest();
    const known = (digests[index] ??= digest);
    expectThat(
      known === digest,
      () => `after ${index} the services differ: ${digest}, and ${known} elsewhere`,
    );
  }

  #snapshotIfDue({ commandValid }: ApplyMsg, index: LogIndex): void {
    const { service, mix, reached, takeSnapshot } = this.#options;
    if (mix.snapshotEvery === 0 || index % mix.snapshotEvery !== 0) return;
    if (!commandValid) reached.note('snapshot up to a noop');
    takeSnapshot(index, service.snapshot());
  }
}

/** The service may do what it likes with the buffers that it was handed. */
function overwriteBuffers(message: ApplyMsg): void {
  if (message.commandValid) overwrite(message.command);
  else if (message.snapshotValid) overwrite(message.snapshot);
}

/** The text of a message for the trace; nothing for a snapshot. */
function contentOf(message: ApplyMsg): { command?: string; isNoop?: true } {
  if (message.commandValid) return { command: show(message.command) };
  return message.snapshotValid ? {} : { isNoop: true };
}

// Passes the messages that a peer applies to its service, for one server from a start to a crash, and compares its state with
// those of the other servers after every index.
import { expectThat } from '@raftlab/invariants';
import type { ApplyMsg, LogIndex, Snapshot } from '@raftlab/protocol';
import { applyMessage } from '@raftlab/raft-core';
import type { Service } from '@raftlab/rpc';
import { show } from '@raftlab/trace';
import {
  expectSameState,
  nextIndex,
  type Application,
  type LifeService,
  type ServiceHost,
} from './life-service.ts';
import type { SimulatedService, SimulatedWorkload } from './service.ts';
import { overwrite } from './service-channel.ts';

interface ServiceReaderOptions extends ServiceHost {
  readonly service: SimulatedService;
}

/** The services of a workload, as what runs on the peers of a run. */
export function applicationOf(workload: SimulatedWorkload): Application {
  return {
    makeService: (host) => new ServiceReader({ ...host, service: workload.createService() }),
    command: (n) => workload.command(n),
  };
}

class ServiceReader implements LifeService {
  readonly services: readonly Service[] = [];
  readonly #options: ServiceReaderOptions;
  #lastApplied: LogIndex = 0;

  constructor(options: ServiceReaderOptions) {
    this.#options = options;
  }

  get lastApplied(): LogIndex {
    return this.#lastApplied;
  }

  restore(snapshot: Snapshot | undefined): void {
    if (snapshot === undefined) return;
    this.#options.service.restore(snapshot.data);
    this.#lastApplied = snapshot.lastIncludedIndex;
  }

  take(message: ApplyMsg): void {
    const { server, service, digests, recorder } = this.#options;
    const index = nextIndex(message, this.#lastApplied);
    if (!message.snapshotValid) this.#expectRightKind(message, index);
    applyMessage(service, message);
    this.#lastApplied = index;
    recorder?.record({ kind: 'apply', server, index, ...contentOf(message) });
    expectSameState(digests, index, service.digest());
    if (!message.snapshotValid) this.#snapshotIfDue(message, index);
    if (this.#options.mix.isCareless) overwriteBuffers(message);
  }

  end(): void {
    // It has neither timers nor calls of its own.
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

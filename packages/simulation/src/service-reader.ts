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
  /** The last index of the snapshot that the service was restored from. */
  #restoredAt: LogIndex = 0;

  constructor(options: ServiceReaderOptions) {
    this.#options = options;
  }

  get lastApplied(): LogIndex {
    return this.#lastApplied;
  }

  restore(snapshot: Snapshot | undefined): void {
    if (snapshot === undefined) return;
    const { lastIncludedIndex: index, data } = snapshot;
    this.#run(
      () => `restored the snapshot up to ${index}`,
      (service) => service.restore(data),
    );
    this.#lastApplied = index;
    this.#restoredAt = index;
  }

  take(message: ApplyMsg): void {
    const { server, digests, recorder } = this.#options;
    const index = nextIndex(message, this.#lastApplied);
    if (!message.snapshotValid) this.#expectRightKind(message, index);
    this.#run(
      () => actionOf(message, index),
      (service) => applyMessage(service, message),
    );
    this.#lastApplied = index;
    if (message.snapshotValid) this.#restoredAt = index;
    recorder?.record({ kind: 'apply', server, index, ...contentOf(message) });
    const digest = this.#run(
      () => `made its digest after ${index}`,
      (service) => service.digest(),
    );
    expectSameState(digests, message, { digest, server, restoredAt: this.#restoredAt });
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
    const { mix, reached, takeSnapshot } = this.#options;
    if (mix.snapshotEvery === 0 || index % mix.snapshotEvery !== 0) return;
    if (!commandValid) reached.note('snapshot up to a noop');
    const data = this.#run(
      () => `made its snapshot up to ${index}`,
      (service) => service.snapshot(),
    );
    takeSnapshot(index, data);
  }

  /** Calls the service, which is a user's code: what it throws is reported with the server and with what it did. */
  #run<Result>(action: () => string, call: (service: SimulatedService) => Result): Result {
    const { server, service } = this.#options;
    try {
      return call(service);
    } catch (error) {
      throw new ServiceFault(`the service of server ${server} threw ${textOf(error)} while it ${action()}`, {
        cause: error,
      });
    }
  }
}

/** The service threw an error, which is the cause. */
class ServiceFault extends Error {
  override readonly name: string = 'ServiceFault';
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `the value ${show(thrown)}`;
}

/** What a service does with a message. */
function actionOf(message: ApplyMsg, index: LogIndex): string {
  if (message.snapshotValid) return `restored the snapshot up to ${index}, which its leader had sent`;
  return message.commandValid
    ? `applied the command ${show(message.command)} at index ${index}`
    : `was handed the noop at index ${index}`;
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

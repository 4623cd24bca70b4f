// The key/value service on one server of a simulation: packages/kv and packages/rsm on the peer of one life.
import { commandCodec, KeyValueServer, type KeyValueCommand, type KeyValueServerOptions } from '@raftlab/kv';
import type { ApplyMsg, LogIndex, Snapshot } from '@raftlab/protocol';
import type { Service } from '@raftlab/rpc';
import { logCommandCodec, type ApplyBytes, type Peer, type SnapshotPolicy } from '@raftlab/rsm';
import { assert } from '@raftlab/runtime/assert';
import {
  expectSameState,
  nextIndex,
  type Application,
  type LifeService,
  type ServiceHost,
} from '../life-service.ts';

/** A server of the service, as a life uses it. */
export type SimulatedKeyValueServer = Pick<KeyValueServer, 'service' | 'snapshot' | 'kill'>;

/** Makes the servers of a simulation: `KeyValueServer` unless a test passes one with a mistake. */
export type MakeKeyValueServer = (options: KeyValueServerOptions) => SimulatedKeyValueServer;

export interface KeyValueServiceOptions {
  readonly sessionsMax: number;
  readonly readsByLog: boolean;
  readonly makeServer?: MakeKeyValueServer | undefined;
}

/** The stores of all servers are compared after every so manieth entry: each time all pairs are encoded. */
const comparedEvery = 16;
/** What an entry takes in the persisted state, about, in bytes: the mix counts snapshots in entries, the service in bytes. */
const entryBytes = 64;

/** The service on the peers of a run. What is proposed to a peer directly changes no key. */
export function keyValueApplication(options: KeyValueServiceOptions): Application {
  return {
    makeService: (host) => new KeyValueService(host, options),
    command: () => logCommandCodec.encode({ kind: 'barrier' }),
  };
}

class KeyValueService implements LifeService {
  readonly #host: ServiceHost;
  readonly #options: KeyValueServiceOptions;
  /** Undefined until storage has loaded. */
  #running: { readonly server: SimulatedKeyValueServer; readonly applyCh: ApplyBytes } | undefined;
  #lastApplied: LogIndex = 0;
  /** The last index of the snapshot that the server was restored from. */
  #restoredAt: LogIndex = 0;

  constructor(host: ServiceHost, options: KeyValueServiceOptions) {
    this.#host = host;
    this.#options = options;
  }

  get lastApplied(): LogIndex {
    return this.#lastApplied;
  }

  get services(): readonly Service[] {
    return this.#running === undefined ? [] : [this.#running.server.service];
  }

  /** Makes the server, with the stored snapshot. */
  restore(stored: Snapshot | undefined): void {
    const host = this.#host;
    const { sessionsMax, readsByLog, makeServer = (options) => new KeyValueServer(options) } = this.#options;
    let applyCh: ApplyBytes | undefined;
    const server = makeServer({
      clock: host.clock,
      sessionsMax,
      snapshot: stored?.data.slice(),
      snapshots: snapshotsOf(host),
      makePeer: (given) => {
        applyCh = given;
        return peerOf(host, readsByLog);
      },
    });
    assert(applyCh !== undefined, 'a server makes its peer at once');
    this.#running = { server, applyCh };
    this.#lastApplied = stored?.lastIncludedIndex ?? 0;
    this.#restoredAt = this.#lastApplied;
  }

  take(message: ApplyMsg): void {
    const { server: id, digests, recorder } = this.#host;
    assert(this.#running !== undefined, () => `server ${id} applies a message before its storage has loaded`);
    const { server, applyCh } = this.#running;
    const index = nextIndex(message, this.#lastApplied);
    const installed = applyCh(ofBytes(message));
    assert(
      installed === undefined,
      'the store of a simulation is small: its snapshots are installed at once',
    );
    this.#lastApplied = index;
    recorder?.record({ kind: 'apply', server: id, index, ...contentOf(message) });
    if (message.snapshotValid) this.#restoredAt = index;
    if (index % comparedEvery !== 0) return;
    const digest = hashOf(server.snapshot());
    expectSameState(digests, message, { digest, server: id, restoredAt: this.#restoredAt });
  }

  end(): void {
    this.#running?.server.kill();
  }
}

/** The peer of the life, which is made after its service. */
function peerOf({ peer, state, takeSnapshot }: ServiceHost, readsByLog: boolean): Peer {
  const readIndex: Peer['readIndex'] = (options) =>
    peer().readIndex?.(options) ?? Promise.resolve({ ok: false, reason: 'unsupported' });
  return {
    ...(!readsByLog && { readIndex }),
    start: (command) => peer().start(command),
    getState() {
      const { standing, currentTerm: term } = state() ?? { standing: undefined, currentTerm: 0 };
      return { term, isLeader: standing?.role === 'leader' };
    },
    snapshot: takeSnapshot,
    // The life kills it.
    kill: () => undefined,
    status: () => peer().status?.() ?? { leaderId: null },
  };
}

function snapshotsOf({ mix, state }: ServiceHost): SnapshotPolicy | undefined {
  if (mix.snapshotEvery === 0) return undefined;
  return {
    maxStateBytes: mix.snapshotEvery * entryBytes,
    stateSizeBytes() {
      const { lastIndex, lastIncludedIndex } = state()?.log ?? { lastIndex: 0, lastIncludedIndex: 0 };
      return (lastIndex - lastIncludedIndex) * entryBytes;
    },
  };
}

/** The commands of the service are byte strings. */
function ofBytes(message: ApplyMsg): ApplyMsg<Uint8Array> {
  if (!message.commandValid) return message;
  const { command } = message;
  assert(command instanceof Uint8Array, () => `a command is a ${typeof command}, not bytes`);
  return { ...message, command };
}

/** The text of a message for the trace; nothing for a snapshot. */
function contentOf(message: ApplyMsg): { command?: string; isNoop?: true } {
  if (message.snapshotValid) return {};
  if (!message.commandValid) return { isNoop: true };
  return { command: textOfEntry(ofBytes(message)) };
}

function textOfEntry(message: ApplyMsg<Uint8Array>): string {
  if (!message.commandValid) return '';
  const entry = logCommandCodec.decode(message.command);
  switch (entry.kind) {
    case 'plain':
      return textOf(commandCodec.decode(entry.command));
    case 'session':
      return `${textOf(commandCodec.decode(entry.command))}, ${entry.session}.${entry.sequence}`;
    case 'open':
      return 'open session';
    case 'barrier':
      return 'barrier';
  }
}

function textOf(command: KeyValueCommand): string {
  return 'value' in command
    ? `${command.kind} ${command.key} ${command.value}`
    : `${command.kind} ${command.key}`;
}

function hashOf(bytes: Uint8Array): number {
  let hash = 17;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

// One life of one server with a peer that is known only from outside: after its end, what its code still does has no effect.
import type { LabApplyMsg, ServerId } from '@raftlab/protocol';
import type { ClientEnd, Service } from '@raftlab/rpc';
import type { Random, VirtualClock } from '@raftlab/runtime';
import type { Recorder } from '@raftlab/trace';
import type { Persister } from '@raftlab/persister';
import type { Mix } from '../mix.ts';
import { ServerClock } from '../server-clock.ts';
import type { SimNetwork } from '../sim-network.ts';
import type { SimTrace } from '../sim-trace.ts';
import type { OutsideHistory } from './outside-history.ts';
import type { OutsidePeer, OutsidePersister, OutsideRaft } from './outside-peer.ts';
import { OutsideService } from './outside-service.ts';

/** What all servers of a run share. */
export interface OutsideSurroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly mix: Mix;
  readonly raft: OutsideRaft;
  readonly network: SimNetwork;
  readonly history: OutsideHistory;
  readonly trace: SimTrace;
  readonly recorder: Recorder | undefined;
  /** Faults have ended: services apply at once. */
  readonly isHealed: () => boolean;
  /** `server` is the server whose event revealed the violation. */
  readonly onViolation: (violation: Error, server: ServerId) => void;
}

export interface OutsideLifeOptions {
  readonly id: ServerId;
  /** Counts the starts of this server, from 1. */
  readonly number: number;
  readonly persister: Persister;
  /** Called before a save takes effect and after it. It may crash the server, which ends this life. */
  readonly onSave: (when: 'before' | 'after') => void;
}

/** A crashed process waits for ever. */
const never: Promise<never> = new Promise(() => {});

export class OutsideLife {
  readonly clock: ServerClock;
  isPaused = false;
  readonly #surroundings: OutsideSurroundings;
  readonly #options: OutsideLifeOptions;
  #service: OutsideService | undefined;
  #peer: OutsidePeer | undefined;
  #isOver = false;

  /** A life that has not begun. */
  constructor(surroundings: OutsideSurroundings, options: OutsideLifeOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.clock = new ServerClock(surroundings.clock);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get lastApplied(): number {
    return this.#service?.lastApplied ?? 0;
  }

  /** Starts service and peer. The life may be over afterwards: the peer may have saved, and the server crashed. */
  begin(): void {
    const { id, number, persister } = this.#options;
    const { random, mix, history, recorder, isHealed, raft, onViolation } = this.#surroundings;
    const own = random.fork(`server ${id} life ${number}`);
    this.#guarded(() => {
      this.#service = new OutsideService(persister.readSnapshot(), {
        server: id,
        clock: this.clock,
        random: own.fork('service'),
        mix,
        history,
        recorder,
        isHealed,
        takeSnapshot: (index, data) => this.#peer?.snapshot(index, data),
      });
      this.#peer = raft.make({
        peers: this.#makeEnds(),
        me: id,
        persister: this.#makePersister(),
        applyCh: (message) => this.#apply(message),
        clock: this.clock,
        random: own.fork('raft'),
        isRunning: () => !this.#isOver,
        onError: (error) => onViolation(error, id),
      });
    });
  }

  /** The handlers of the peer. A server that crashes while a handler runs does not answer. */
  service(): Service {
    const { name, methods } = this.#peer?.service ?? { name: 'Raft', methods: new Map() };
    const { trace } = this.#surroundings;
    return {
      name,
      methods: new Map(
        [...methods].map(([key, method]) => [
          key,
          {
            name: method.name,
            dispatch: (bytes) => {
              if (this.#isOver) return undefined;
              trace.note(`server ${this.#options.id} receives ${method.name}, ${bytes.length} bytes`);
              const answer = method.dispatch(bytes);
              if (answer instanceof Promise) return answer.then((late) => (this.#isOver ? undefined : late));
              return this.#isOver ? undefined : answer;
            },
          },
        ]),
      ),
    };
  }

  /** Term and role for the tester; undefined when the peer cannot say. */
  state(): { term: number; isLeader: boolean } | undefined {
    return this.#guarded(() => this.#peer?.getState());
  }

  /** Undefined if the peer does not accept the command. */
  propose(command: unknown): { index: number; term: number } | undefined {
    return this.#guarded(() => {
      const started = this.#peer?.start(command);
      if (started?.isLeader !== true || started.index === undefined) return undefined;
      const accepted = { index: started.index, term: started.term };
      this.#surroundings.history.onAccepted(this.#options.id, command, accepted);
      return accepted;
    });
  }

  /** The server has crashed: timers, replies and promises of this life never come. */
  end(): void {
    this.#isOver = true;
    this.clock.stop();
  }

  /** Undefined if the code threw, which is a violation unless the life is over. */
  #guarded<Result>(code: () => Result): Result | undefined {
    try {
      return code();
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (!this.#isOver) this.#surroundings.onViolation(error, this.#options.id);
      return undefined;
    }
  }

  #apply(message: LabApplyMsg): void | Promise<void> {
    if (this.#isOver) return never;
    // The peer applies before `make` has returned: its service gets the message as soon as it has.
    if (this.#peer === undefined) return Promise.resolve().then(() => this.#apply(message));
    const { trace } = this.#surroundings;
    const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
    trace.note(
      `server ${this.#options.id} applies ${message.commandValid ? '' : 'the snapshot up to '}${index}`,
    );
    const taken = this.#guarded(() => this.#service?.take(message));
    return this.#isOver ? never : taken;
  }

  #makeEnds(): ClientEnd[] {
    const { network, recorder, mix } = this.#surroundings;
    const { id } = this.#options;
    return Array.from({ length: mix.servers }, (_, to) => {
      const end = network.end(id, to, (action) => this.clock.run(action));
      const watched = recorder?.watch(end, { from: id, to }) ?? end;
      return { call: (method, args) => (this.#isOver ? never : watched.call(method, args)) };
    });
  }

  #makePersister(): OutsidePersister {
    const { persister, onSave } = this.#options;
    return {
      save: (raftState, snapshot) => {
        if (this.#isOver) return;
        onSave('before');
        if (this.#isOver) return;
        persister.save(raftState, snapshot);
        onSave('after');
      },
      readRaftState: () => persister.readRaftState(),
      readSnapshot: () => persister.readSnapshot(),
      raftStateSize: () => persister.raftStateSize(),
      snapshotSize: () => persister.snapshotSize(),
    };
  }
}

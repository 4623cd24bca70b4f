// One peer of a learner's Raft, and the environment that it gets, both guarded.
import type { ApplyMsg, Make, PeerEnvironment, RaftHandle, Service } from '@raftlab/test-harness/learner';
import { whatIsWrong } from './answer-shapes.ts';
import { Guard, type GuardedTest } from './guard.ts';

/** The environment of a server that may crash in the middle of its code. */
export interface HostEnvironment extends PeerEnvironment {
  /** False after a crash. */
  readonly isRunning?: () => boolean;
}

export class GuardedPeer implements RaftHandle {
  readonly service: Service;
  readonly #test: GuardedTest;
  readonly #guard: Guard;
  readonly #environment: HostEnvironment;
  readonly #peer: RaftHandle;

  constructor(make: Make, environment: HostEnvironment, test: GuardedTest) {
    const { me, clock, persister, isRunning } = environment;
    this.#environment = environment;
    this.#test = test;
    this.#guard = new Guard({ server: me, clock, test, isRunning });
    test.checks.onMake(me, persister.raftStateSize());
    const peer = this.#guard.run('make', () => make(this.#guardedEnvironment()));
    this.#guard.expectShape('make', peer);
    this.#peer = peer;
    this.#guard.expectShape('service', peer.service);
    this.service = this.#guard.service(peer.service);
  }

  start(command: unknown): ReturnType<RaftHandle['start']> {
    const started = this.#guard.run('start', () => this.#peer.start(command));
    this.#guard.expectShape('start', started);
    this.#test.checks.onState(this.#environment.me, started);
    this.#test.checks.onStarted(this.#environment.me, command, started);
    return started;
  }

  getState(): { term: number; isLeader: boolean } {
    const state = this.#guard.run('getState', () => this.#peer.getState());
    this.#guard.expectShape('getState', state);
    this.#test.checks.onState(this.#environment.me, state);
    return state;
  }

  snapshot(index: number, data: Uint8Array): void {
    this.#guard.run('snapshot', () => this.#peer.snapshot(index, data));
  }

  /** Never throws: the tester must be able to kill the other servers too. */
  kill(): void {
    this.#guard.onKill();
    try {
      this.#guard.run('kill', () => this.#peer.kill());
    } catch {
      // It has failed the test already.
    }
  }

  #guardedEnvironment(): PeerEnvironment {
    const { me, random, peers, onError } = this.#environment;
    return {
      me,
      random,
      onError,
      peers: peers.map((end, to) => this.#guard.endToPeer(end, to)),
      persister: this.#guard.persister(this.#environment.persister),
      applyCh: (message) => this.#onApply(message),
      clock: this.#guard.clock(),
    };
  }

  #onApply(message: ApplyMsg): void | Promise<void> {
    this.#guard.expectAlive('still applies');
    const wrong = whatIsWrong('applyCh', message);
    if (wrong !== undefined) throw this.#guard.fail(`applyCh was given ${wrong}`, new Error('applyCh'));
    const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
    const command = message.commandValid ? { value: message.command } : undefined;
    this.#test.checks.onApplied(this.#environment.me, index, command);
    return this.#environment.applyCh(message);
  }
}

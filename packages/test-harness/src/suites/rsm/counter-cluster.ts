// The tester of the rsm suite: three servers with a replicated counter, and the lab's checks.
import type { MessageTime } from '@raftlab/labrpc';
import type { ServerId } from '@raftlab/protocol';
import { ReplicatedStateMachine, type Submission } from '@raftlab/rsm';
import { Cluster, type TestSetting } from '../../cluster/cluster.ts';
import type { Boot, ServerProcess } from '../../cluster/server-process.ts';
import type { Statistics } from '../../cluster/statistics.ts';
import type { Implementation } from '../../implementation.ts';
import type { RaftHandle } from '../../lab-peer.ts';
import { usualMessageTime } from '../message-time.ts';
import { makeObservedRaft } from '../observed-raft.ts';
import { bytesOnly, snapshotsAt } from '../raft-of-bytes.ts';
import { countCodec, counterCommandCodec, CounterMachine, type CounterCommand } from './counter-machine.ts';

type Counter = ReplicatedStateMachine<CounterCommand, number, null, number>;

export interface CounterProcess extends ServerProcess {
  readonly counter: Counter;
  readonly machine: CounterMachine;
  readonly raft: RaftHandle;
}

export interface CounterClusterOptions {
  readonly servers: number;
  /** -1: no snapshots. */
  readonly maxRaftState: number;
  readonly messageTime: MessageTime | undefined;
  readonly implementation: Implementation;
}

/** The time limit of `submitAnywhere`, in ms. */
const submitMaxMs = 10_000;

/** The servers of a replicated counter. */
export class CounterCluster extends Cluster<CounterProcess> {
  #submittedCount = 0;

  constructor(setting: TestSetting, options: CounterClusterOptions) {
    super(setting, {
      servers: options.servers,
      isReliable: true,
      hasLongDelays: false,
      messageTime: options.messageTime ?? usualMessageTime,
      boot: bootCounter(setting, options),
    });
  }

  /** The common columns and `ops`: submitted commands that were executed. */
  override statistics(): Statistics {
    return { ...super.statistics(), ops: this.#submittedCount };
  }

  /** The script starts an action or a check. */
  beginStep(step: string): void {
    this.course.enter(step);
  }

  /** Submits to one server, which may refuse. */
  submit(server: ServerId, command: CounterCommand): Promise<Submission<number>> {
    return this.course.until(this.process(server).counter.submit(command));
  }

  /** Submits to these servers in turn until one has executed the command; undefined after 10 s. */
  async submitAnywhere(
    command: CounterCommand,
    among: readonly ServerId[] = this.servers,
  ): Promise<number | undefined> {
    const beganAt = this.now();
    while (this.now() - beganAt < submitMaxMs) {
      for (const server of among) {
        if (!this.isRunning(server)) continue;
        const submission = await this.submit(server, command);
        if (!submission.ok) continue;
        this.#submittedCount += 1;
        return submission.result;
      }
      await this.sleep(50);
    }
    return undefined;
  }

  /** Increments, and fails the test unless the result is `expected`. */
  increment(expected: number, among?: readonly ServerId[]): Promise<void> {
    return this.course.during(`increment to ${expected}`, async () => {
      const count = await this.submitAnywhere('increment', among);
      if (count !== expected) this.fatal(`expected ${expected} instead of ${count ?? 'no result'}`);
    });
  }

  /** Increments this many times, one after another. */
  async incrementFrom(first: number, last: number): Promise<void> {
    for (let count = first; count <= last; count += 1) await this.increment(count);
  }

  /** Waits, as long as the lab's `wait` does, until `servers` servers have this count. */
  checkCount(expected: number, servers: number): Promise<void> {
    return this.course.during(`wait for count ${expected} on ${servers} servers`, async () => {
      let delayMs = 10;
      for (let round = 0; round < 30; round += 1) {
        if (this.#countOf(expected) >= servers) return;
        await this.sleep(delayMs);
        if (delayMs < 1000) delayMs *= 2;
      }
      const counts = this.servers.map((server) => `${this.processOf(server)?.machine.query() ?? 'down'}`);
      this.fatal(`counters are ${counts.join(', ')}; ${servers} of them should be ${expected}`);
    });
  }

  /** The server that leads; waits for it. */
  leader(): Promise<ServerId> {
    return this.course.during('wait for a leader', async () => {
      for (let round = 0; round < 100; round += 1) {
        const leader = this.servers.find((server) => this.processOf(server)?.raft.getState().isLeader);
        if (leader !== undefined) return leader;
        await this.sleep(50);
      }
      return this.fatal('expected one leader, got none');
    });
  }

  /** Crashes all servers. */
  shutdownAll(): void {
    this.course.during('shut all servers down', () => {
      for (const server of this.servers) this.crash1(server);
    });
  }

  /** Starts all servers, connected. */
  startAll(): void {
    this.course.during('start all servers', () => {
      for (const server of this.servers) this.start1(server);
      this.connectAll();
    });
  }

  #countOf(expected: number): number {
    return this.servers.filter((server) => this.processOf(server)?.machine.query() === expected).length;
  }
}

function bootCounter(
  { journal, course }: TestSetting,
  { maxRaftState, implementation }: CounterClusterOptions,
): Boot<CounterProcess> {
  return (host) => {
    const { clock, persister } = host;
    const machine = new CounterMachine();
    const made: { raft?: RaftHandle } = {};
    const counter: Counter = new ReplicatedStateMachine({
      machine,
      commandCodec: counterCommandCodec,
      resultCodec: countCodec,
      clock,
      snapshot: persister.readSnapshot(),
      snapshots: snapshotsAt(maxRaftState, persister),
      makePeer: (applyCh) => {
        made.raft = makeObservedRaft(implementation.make, {
          host,
          applyCh: bytesOnly(applyCh),
          journal,
          course,
        });
        return made.raft;
      },
    });
    const { raft } = made;
    if (raft === undefined) throw new Error('the replicated state machine has made no peer');
    return { counter, machine, raft, services: [raft.service], kill: () => counter.kill() };
  };
}

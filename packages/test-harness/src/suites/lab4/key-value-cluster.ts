// The tester of Lab 4: a cluster whose servers run a key/value service, its clerks, and the lab's checks.
import type { MessageTime } from '@raftlab/labrpc';
import type { ServerId } from '@raftlab/protocol';
import { show } from '@raftlab/trace';
import { Cluster, type TestSetting } from '../../cluster/cluster.ts';
import { testTimeLimitMs } from '../../cluster/test-course.ts';
import type { Statistics } from '../../cluster/statistics.ts';
import type { Implementation } from '../../implementation.ts';
import { bootKeyValue, type KeyValueProcess } from './key-value-process.ts';
import { OperationHistory } from './operation-history.ts';
import { raftlabKeyValue } from './raftlab-key-value.ts';
import { TestClerk } from './test-clerk.ts';
import { clockUntil, endUntil } from './until-end.ts';

/** R of the lab: the time for which the tests wait for elections, in ms. */
export const electionWaitMs = 1000;

export interface KeyValueClusterOptions {
  readonly servers: number;
  readonly isUnreliable: boolean;
  /** -1: no snapshots. */
  readonly maxRaftState: number;
  readonly messageTime: MessageTime | undefined;
  readonly implementation: Implementation;
}

/** The servers of a key/value service, with clerks. */
export class KeyValueCluster extends Cluster<KeyValueProcess> {
  readonly #history: OperationHistory;
  readonly #implementation: Implementation;
  #clerkCount = 0;

  constructor(setting: TestSetting, options: KeyValueClusterOptions) {
    const { servers, isUnreliable, maxRaftState, messageTime, implementation } = options;
    super(setting, {
      servers,
      isReliable: !isUnreliable,
      hasLongDelays: false,
      messageTime,
      boot: bootKeyValue({ ...setting, implementation, maxRaftState }),
    });
    this.#implementation = implementation;
    this.#history = new OperationHistory(() => this.now(), setting.journal);
  }

  override setUp(): void {
    super.setUp();
    // A clerk waits indefinitely, so a test with a stalled service would not end by itself.
    void this.spawn(() => this.#failWhenLate()).catch(() => undefined);
  }

  /** The common columns and `ops`: the operations of clerks. */
  override statistics(): Statistics {
    return { ...super.statistics(), ops: this.#history.count };
  }

  /** A clerk with ends to all servers, of which those to the servers in `to` are open. The caller must close it. */
  makeClerk(
    to: readonly ServerId[] = this.servers,
    { isRecorded = true }: { isRecorded?: boolean } = {},
  ): TestClerk {
    const number = this.#clerkCount;
    this.#clerkCount += 1;
    const client = this.makeClient(to);
    const { makeClerk } = this.#implementation.keyValue ?? raftlabKeyValue;
    const { course } = this;
    const clerk = makeClerk({
      ends: client.ends.map((end) => endUntil(course, end)),
      clock: clockUntil(course, this.setting.clock),
      random: this.setting.random.fork(`clerk ${number}`),
    });
    const history = isRecorded ? this.#history : undefined;
    return new TestClerk({ number, clerk, client, course, history });
  }

  /** The script starts an action or a check. */
  beginStep(step: string): void {
    this.course.enter(step);
  }

  /** Fails the test unless the key has this value. */
  checkValue(clerk: TestClerk, key: string, expected: string): Promise<void> {
    return this.course.during(`check that ${show(key)} is ${show(expected)}`, async () => {
      const value = await clerk.get(key);
      if (value !== expected)
        this.fatal(`Get(${show(key)}): expected ${show(expected)}, received ${show(value)}`);
    });
  }

  /** A server that is leader according to its own state; undefined without one. */
  leader(): ServerId | undefined {
    return this.servers.find((server) => this.processOf(server)?.raft.getState().isLeader === true);
  }

  /** A majority without the leader, and the rest, whose last server is the leader; without a leader, server 0 is used. */
  splitWithLeaderInMinority(): { majority: ServerId[]; minority: ServerId[] } {
    const leader = this.leader() ?? 0;
    const others = this.servers.filter((server) => server !== leader);
    const majoritySize = Math.floor(this.n / 2) + 1;
    return { majority: others.slice(0, majoritySize), minority: [...others.slice(majoritySize), leader] };
  }

  /** Crashes all servers, waits for R, and starts all of them, connected. */
  restartAll(): Promise<void> {
    return this.course.during('restart all servers', async () => {
      for (const server of this.servers) this.crash1(server);
      await this.sleep(electionWaitMs);
      for (const server of this.servers) this.start1(server);
      this.connectAll();
    });
  }

  /** Fails the test if a server has persisted more than `factor` times `maxRaftState`. */
  checkLogSize(maxRaftState: number, factor = 8): void {
    const sizeBytes = this.logSize();
    if (sizeBytes > factor * maxRaftState)
      this.fatal(`logs were not trimmed (${sizeBytes} > ${factor} * ${maxRaftState})`);
  }

  /** Fails the test unless all operations so far are linearizable. */
  checkHistory(): void {
    this.course.during(`check that ${this.#history.count} operations are linearizable`, () => {
      this.#history.check();
    });
  }

  async #failWhenLate(): Promise<never> {
    await this.sleep(testTimeLimitMs);
    return this.fatal(
      `test took longer than ${testTimeLimitMs / 1000} seconds; ${this.#history.describePending()}`,
    );
  }
}

// The tester of Lab 3: a cluster whose servers run Raft, with the checks of which the graded tests consist. Steps and bounds
// are those of MIT 6.5840 (spring 2024), in real and in virtual time.
import { isDeepStrictEqual } from 'node:util';
import type { ServerId } from '@raftlab/protocol';
import { show } from '@raftlab/trace';
import { Cluster, type TestSetting } from '../../cluster/cluster.ts';
import type { MakeRaft } from '../../implementation.ts';
import type { RaftHandle } from '../../lab-peer.ts';
import type { Statistics } from '../../cluster/statistics.ts';
import { AppliedCommands, type Committed } from './applied-commands.ts';
import { bootRaft, type RaftProcess } from './raft-process.ts';

/** R of the lab: the time for which the tests wait for elections, in ms. A Raft need not use this number. */
export const raftElectionTimeoutMs = 1000;

export interface RaftClusterOptions {
  readonly servers: number;
  readonly isReliable: boolean;
  readonly takesSnapshots: boolean;
  readonly make: MakeRaft;
}

/** A cluster of Raft peers, with the checks of the lab's tester. */
export class RaftCluster extends Cluster<RaftProcess> {
  readonly #applied: AppliedCommands;
  #maxIndexAtSetUp = 0;

  constructor(setting: TestSetting, { takesSnapshots, make, ...options }: RaftClusterOptions) {
    const applied = new AppliedCommands(Array.from({ length: options.servers }, (_, server) => server));
    super(setting, {
      ...options,
      hasLongDelays: true,
      boot: bootRaft({ ...setting, make, takesSnapshots, applied }),
    });
    this.#applied = applied;
  }

  override setUp(): void {
    super.setUp();
    this.#maxIndexAtSetUp = this.#applied.maxIndex;
  }

  /** The common columns and `commands`: the growth of the highest applied index. */
  override statistics(): Statistics {
    return { ...super.statistics(), commands: this.#applied.maxIndex - this.#maxIndexAtSetUp };
  }

  /** The Raft of a running server. Throws a ClusterError if it is crashed. */
  raft(i: ServerId): RaftHandle {
    return this.process(i).raft;
  }

  /** Proposes to server i, in any role. */
  start(i: ServerId, command: unknown): { isLeader: boolean; index: number; term: number } {
    const { isLeader, index = -1, term } = this.#propose(i, command);
    return { isLeader, index, term };
  }

  /** The one connected leader, found within 10 rounds of about half a second. */
  checkOneLeader(): Promise<ServerId> {
    return this.course.during('checkOneLeader', async () => {
      for (let round = 0; round < 10; round += 1) {
        await this.sleep(this.testerRandom.int(450, 549));
        const leadersByTerm = new Map<number, ServerId[]>();
        for (const [server, raft] of this.#connectedRafts()) {
          const { term, isLeader } = raft.getState();
          if (isLeader) leadersByTerm.set(term, [...(leadersByTerm.get(term) ?? []), server]);
        }
        for (const [term, leaders] of leadersByTerm) {
          if (leaders.length > 1)
            this.fatal(`term ${term} has ${leaders.length} (>1) leaders: ${leaders.join(', ')}`);
        }
        const lastTerm = Math.max(...leadersByTerm.keys());
        const leader = leadersByTerm.get(lastTerm)?.[0];
        if (leader !== undefined) return leader;
      }
      return this.fatal('expected one leader, got none');
    });
  }

  /** The common term of all connected servers. */
  checkTerms(): number {
    return this.course.during('checkTerms', () => {
      let agreed = -1;
      for (const [, raft] of this.#connectedRafts()) {
        const { term } = raft.getState();
        if (agreed === -1) agreed = term;
        else if (agreed !== term) this.fatal(`servers disagree on term: ${agreed} and ${term}`);
      }
      return agreed;
    });
  }

  checkNoLeader(): void {
    this.course.during('checkNoLeader', () => {
      for (const [server, raft] of this.#connectedRafts()) {
        if (raft.getState().isLeader) {
          this.fatal(`expected no leader among connected servers, but ${server} claims to be leader`);
        }
      }
    });
  }

  /** How many servers have applied a command at `index`, and the command. */
  nCommitted(index: number): Committed {
    return this.#applied.committedAt(index);
  }

  /** Waits until `count` servers have applied `index`; undefined if a server's term has changed from `startTerm`. */
  wait(index: number, count: number, startTerm?: number): Promise<{ command: unknown } | undefined> {
    return this.course.during(`wait for index ${index} on ${count} servers`, async () => {
      let delayMs = 10;
      for (let round = 0; round < 30; round += 1) {
        if (this.nCommitted(index).count >= count) break;
        await this.sleep(delayMs);
        if (delayMs < 1000) delayMs *= 2;
        if (startTerm === undefined) continue;
        for (const server of this.servers) {
          if (this.raft(server).getState().term > startTerm) return undefined;
        }
      }
      const committed = this.nCommitted(index);
      if (committed.count < count) {
        this.fatal(`only ${committed.count} decided for index ${index}; wanted ${count}`);
      }
      return { command: committed.command };
    });
  }

  /**
   * Proposes a command to the leader, which it finds itself, until at least `expectedServers` have applied it, within 10 s. Without
   * retry the first server that accepts the command must commit it within 2 s. Returns its index.
   */
  one(command: unknown, expectedServers: number, retry: boolean): Promise<number> {
    return this.course.during(
      `one(${show(command)}, ${expectedServers} servers${retry ? ', retry' : ''})`,
      async () => {
        const beganAt = this.now();
        let lastTried = 0;
        while (this.now() - beganAt < 10_000 && !this.course.isEnding) {
          const accepted = this.#proposeAnywhere(command, lastTried);
          lastTried = accepted.lastTried;
          if (accepted.index === undefined) {
            await this.sleep(50);
            continue;
          }
          if (await this.#isAgreed(accepted.index, { command, expectedServers })) return accepted.index;
          if (!retry) this.fatal(`one(${show(command)}) failed to reach agreement`);
        }
        if (this.course.isEnding) return -1;
        return this.fatal(`one(${show(command)}) failed to reach agreement`);
      },
    );
  }

  /** Offers a command to the connected servers in turn, beginning after `lastTried`, until one accepts it. */
  #proposeAnywhere(
    command: unknown,
    lastTried: ServerId,
  ): { index: number | undefined; lastTried: ServerId } {
    let server = lastTried;
    for (let tries = 0; tries < this.n; tries += 1) {
      server = (server + 1) % this.n;
      if (!this.isRunning(server) || !this.isConnected(server)) continue;
      const { isLeader, index } = this.#propose(server, command);
      if (isLeader && index !== undefined && index !== -1) return { index, lastTried: server };
    }
    return { index: undefined, lastTried: server };
  }

  /** Whether that many servers apply the command at `index` within 2 s. */
  async #isAgreed(
    index: number,
    { command, expectedServers }: { command: unknown; expectedServers: number },
  ): Promise<boolean> {
    const acceptedAt = this.now();
    while (this.now() - acceptedAt < 2000) {
      const committed = this.nCommitted(index);
      if (committed.count > 0 && committed.count >= expectedServers) {
        if (isDeepStrictEqual(committed.command, command)) return true;
      }
      await this.sleep(20);
    }
    return false;
  }

  *#connectedRafts(): Generator<[ServerId, RaftHandle]> {
    for (const server of this.servers) {
      const raft = this.processOf(server)?.raft;
      if (raft !== undefined && this.isConnected(server)) yield [server, raft];
    }
  }

  #propose(server: ServerId, command: unknown): ReturnType<RaftHandle['start']> {
    const started = this.raft(server).start(command);
    // The lab's clients try every server in turn; the refusals would be most of a record.
    if (started.isLeader) {
      const { index } = started;
      this.setting.journal.record({ kind: 'propose', server, command: show(command), index });
    }
    return started;
  }
}

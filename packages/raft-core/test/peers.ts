// Clusters of peers in virtual time, on a network without faults, for the tests of the peer.
import {
  make,
  type ApplyCh,
  type LabRaft,
  type PeerStoppedError,
  type RaftConfig,
  type RaftObserver,
  type RaftWarning,
  type RefusalReason,
  type StartResult,
} from '@raftlab/raft-core';
import { appliedIndexOf, type ApplyMsg } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import { valueCodec, type ClientEnd, type Codec } from '@raftlab/rpc';
import { Random, VirtualClock, type Clock } from '@raftlab/runtime';
import type { Storage } from '@raftlab/storage';
import { expect } from 'vitest';
import { z } from 'zod';
import { MemoryNetwork } from './memory-network.ts';

/** For commands of any type. */
export const codec = valueCodec('command', z.unknown());

/** For a storage that has nothing to release. */
export const close = (): Promise<void> => Promise.resolve();

/** The parts of a peer that differ from the default. */
export interface PeerOptions {
  readonly serverCount?: number;
  readonly storage?: Storage;
  readonly applyCh?: ApplyCh<unknown>;
  readonly clock?: Clock;
  readonly onWarning?: (warning: RaftWarning) => void;
  readonly observer?: RaftObserver;
  readonly ends?: readonly ClientEnd[];
  readonly commandCodec?: Codec<unknown>;
  readonly sharesSnapshots?: boolean;
  readonly config?: Partial<RaftConfig>;
}

/** Peers on one network, with the messages to their services, their warnings, and the reasons why they stopped. */
export class Peers {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly applied: Array<Array<ApplyMsg>> = [];
  readonly errors: PeerStoppedError[] = [];
  readonly warnings: RaftWarning[] = [];
  readonly rafts: Array<LabRaft> = [];

  constructor(clock: VirtualClock) {
    this.clock = clock;
    this.network = new MemoryNetwork(clock);
  }

  add(
    me: number,
    {
      serverCount = 1,
      storage = new Persister(),
      applyCh,
      clock = this.clock,
      observer,
      onWarning,
      ends,
      commandCodec = codec,
      sharesSnapshots = false,
      config = {},
    }: PeerOptions = {},
  ): LabRaft {
    const heard: Array<ApplyMsg> = [];
    this.applied[me] = heard;
    const raft = make(
      ends ?? this.network.ends(me, serverCount),
      me,
      storage,
      (message) => {
        heard.push(message);
        return applyCh?.(message);
      },
      {
        clock,
        random: Random.fromSeed('raft.test').fork(`server ${me}`),
        commandCodec,
        sharesSnapshots,
        config,
        onError: (error) => this.errors.push(error),
        onWarning: (warning) => {
          this.warnings.push(warning);
          onWarning?.(warning);
        },
        ...(observer && { observer }),
      },
    );
    this.network.connect(me, raft.service);
    this.rafts[me] = raft;
    return raft;
  }

  /** Waits for a leader among these servers. */
  async leader(among: readonly number[] = [...this.rafts.keys()]): Promise<number> {
    for (let waitedMs = 0; waitedMs < 5000; waitedMs += 10) {
      const leaders = among.filter((server) => this.rafts[server]?.getState().isLeader);
      const [leader] = leaders;
      if (leader !== undefined && leaders.length === 1) return leader;
      await this.clock.sleep(10);
    }
    throw new Error('no leader within 5 s');
  }

  raft(server: number): LabRaft {
    const raft = this.rafts[server];
    if (raft === undefined) throw new Error(`no server ${server}`);
    return raft;
  }

  /** The messages to the service of this server, e.g. `1:a`, `2:noop`, or `snapshot 4`. */
  log(server: number): string[] {
    return (this.applied[server] ?? []).map((message) => {
      const index = appliedIndexOf(message);
      if (message.commandValid) return `${index}:${String(message.command)}`;
      return message.snapshotValid ? `snapshot ${index}` : `${index}:noop`;
    });
  }
}

/** Runs in virtual time. */
export async function run(main: (peers: Peers) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  await clock.run(() => main(new Peers(clock)));
}

/** Checks the result of `start`: an index and a term, or the reason of a refusal. */
export function check(
  result: StartResult,
  expected: RefusalReason | readonly [index: number, term: number],
): void {
  if (typeof expected === 'string') expect(result).toMatchObject({ isLeader: false, reason: expected });
  else expect(result).toEqual({ isLeader: true, index: expected[0], term: expected[1] });
}

// A stalled process: the input that it reads before it acts, and its warnings.
import type { LabRaft } from '@raftlab/raft-core';
import { raftMethods, type RequestVoteArgs } from '@raftlab/protocol';
import type { ClientEnd } from '@raftlab/rpc';
import type { Clock } from '@raftlab/runtime';
import { describe, expect, test } from 'vitest';
import { HeldUpClock } from './held-up-clock.ts';
import { run, type Peers } from './peers.ts';

/** A heartbeat of server 1, the leader of this term, as an incoming call. */
function heartbeat(raft: LabRaft, term = 1): void {
  const args = { term, leaderId: 1, prevLogIndex: 0, prevLogTerm: 0, entries: [], leaderCommit: 0, round: 1 };
  void raft.service.methods.get('AppendEntries')?.dispatch(raftMethods.appendEntries.args.encode(args));
}

/** Server 0 of 3, which follows server 1. */
function follower(peers: Peers): { raft: LabRaft; clock: HeldUpClock } {
  const clock = new HeldUpClock(peers.clock);
  const raft = peers.add(0, { serverCount: 3, clock });
  heartbeat(raft);
  return { raft, clock };
}

function votesAskedFor({ network }: Peers): number {
  return network.calls.filter(({ method }) => method === 'Raft.RequestVote').length;
}

describe('a follower that was stalled for longer than its election timeout', () => {
  test('reads heartbeats that have arrived before it starts an election (bedrock-kv/bedrock#329)', () =>
    run(async (peers) => {
      const { raft, clock } = follower(peers);
      await clock.holdUp(2000, () => heartbeat(raft));
      await peers.clock.sleep(200);
      expect([raft.getState().term, votesAskedFor(peers)]).toEqual([1, 0]);
    }));

  test('also reads the input of a second turn of the event loop, for example if a message is split', () =>
    run(async (peers) => {
      const { raft, clock } = follower(peers);
      await clock.holdUp(
        2000,
        () => undefined,
        () => heartbeat(raft),
      );
      await peers.clock.sleep(200);
      expect([raft.getState().term, votesAskedFor(peers)]).toEqual([1, 0]);
    }));

  test('starts an election at once if nothing has arrived (§5.2)', () =>
    run(async (peers) => {
      const { raft, clock } = follower(peers);
      await clock.holdUp(2000);
      expect([raft.getState().term, votesAskedFor(peers)]).toEqual([2, 2]);
    }));

  test('also waits if another message than a heartbeat is read first', () =>
    run(async (peers) => {
      const { raft, clock } = follower(peers);
      const refused: RequestVoteArgs = { term: 1, candidateId: 2, lastLogIndex: 0, lastLogTerm: 0 };
      await clock.holdUp(
        2000,
        () =>
          void raft.service.methods
            .get('RequestVote')
            ?.dispatch(raftMethods.requestVote.args.encode(refused)),
        () => heartbeat(raft),
      );
      await peers.clock.sleep(200);
      expect(votesAskedFor(peers)).toBe(0);
    }));
});

/** Followers that acknowledge everything. Their replies during a stall wait to be read. */
class WillingFollowers {
  readonly #clock: Clock;
  readonly #unread: Array<() => void> = [];
  isHeldUp = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get end(): ClientEnd {
    return {
      call: async (method, args) => {
        const reply = method.reply.decode(answerTo(method.name, method.args.encode(args)));
        await this.#clock.sleep(1);
        if (this.isHeldUp) await new Promise<void>((resolve) => this.#unread.push(resolve));
        return { ok: true, reply };
      },
    };
  }

  /** Reads the waiting replies. */
  read(): void {
    for (const answer of this.#unread.splice(0)) answer();
  }
}

function answerTo(method: string, request: Uint8Array): Uint8Array {
  if (method === 'Raft.RequestVote') {
    const { term } = raftMethods.requestVote.args.decode(request);
    return raftMethods.requestVote.reply.encode({ term, voteGranted: true });
  }
  const { term, prevLogIndex, entries, round } = raftMethods.appendEntries.args.decode(request);
  const matchIndex = prevLogIndex + entries.length;
  return raftMethods.appendEntries.reply.encode({ term, success: true, matchIndex, round });
}

/** The leader of three servers. */
async function leader(
  peers: Peers,
): Promise<{ raft: LabRaft; clock: HeldUpClock; others: WillingFollowers }> {
  const clock = new HeldUpClock(peers.clock);
  const others = new WillingFollowers(peers.clock);
  const raft = peers.add(0, { serverCount: 3, clock, ends: [others.end, others.end, others.end] });
  await peers.leader();
  await peers.clock.sleep(20);
  return { raft, clock, others };
}

describe('a leader that was stalled', () => {
  test('for an election timeout counts the stall and warns: its followers have received nothing', () =>
    run(async (peers) => {
      const { raft, clock } = await leader(peers);
      await clock.holdUp(900);
      const { stalls } = raft.status().counters;
      expect(stalls.count).toBe(1);
      // Its heartbeat was due up to 160 ms after the stall began.
      expect(stalls.longestMs).toBeGreaterThanOrEqual(740);
      expect(stalls.longestMs).toBeLessThanOrEqual(900);
      expect(peers.warnings).toMatchObject([
        { kind: 'event-loop-stalled', role: 'leader', stalledMs: stalls.longestMs },
      ]);
      expect(peers.warnings[0]?.message).toMatch(/nothing ran in this process for \d+ ms/);
    }));

  test('for less does not warn', () =>
    run(async (peers) => {
      const { raft, clock } = await leader(peers);
      await clock.holdUp(130);
      expect([raft.status().counters.stalls.count, peers.warnings]).toEqual([0, []]);
    }));

  test('reads the replies of its followers before it steps down (thesis 6.2)', () =>
    run(async (peers) => {
      const { raft, clock, others } = await leader(peers);
      raft.start('a');
      await peers.clock.sleep(0);
      others.isHeldUp = true;
      await clock.holdUp(900, () => others.read());
      expect(raft.getState()).toEqual({ term: 1, isLeader: true });
    }));

  test('steps down if no reply has arrived (thesis 6.2)', () =>
    run(async (peers) => {
      const { raft, clock, others } = await leader(peers);
      others.isHeldUp = true;
      await clock.holdUp(900);
      expect(raft.getState()).toEqual({ term: 1, isLeader: false });
    }));
});

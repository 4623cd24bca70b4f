// Three cores in a hostile environment: messages are lost, duplicated and reordered, writes are delayed, servers crash and lose
// what was not durable. The five properties of Figure 3 always hold, and after the faults end, all servers agree.
import { deepStrictEqual } from 'node:assert/strict';
import { Persister } from '@raftlab/persister';
import { Membership, payloadOf, type LogEntry, type Message } from '@raftlab/protocol';
import {
  Driver,
  RaftCore,
  type Applicable,
  type Envelope,
  type Input,
  type Outputs,
  type Persist,
} from '@raftlab/raft-core';
import { completeConfig } from '#src/core/config';
import { Random } from '@raftlab/runtime';
import { expect, test } from 'vitest';

const membership = Membership.ofSize(3);
const stepsPerRun = 3000;
const config = completeConfig({
  maxEntriesPerMessage: 3,
  maxInflightMessages: 3,
  // Chunks of one byte, and now and then a tail that suffices.
  maxBytesPerMessage: 1,
  snapshotTailEntries: 1,
  snapshotTailBytes: 100,
});

interface PendingWrite extends Persist {
  readonly waiting: Array<() => void>;
}

interface Server {
  readonly me: number;
  readonly persister: Persister;
  core: RaftCore;
  readonly driver: Driver;
  /** Written in order, one at a time; a crash drops them. */
  readonly writes: PendingWrite[];
  /** The last index that the service received. */
  appliedIndex: number;
  wakeAt: number;
}

interface InFlight {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
  readonly ticket: number;
}

class World {
  readonly servers: Server[];
  readonly #random: Random;
  #now = 0;
  #network: InFlight[] = [];
  #proposals = 0;
  /** The entry applied at each index, on any server. */
  readonly #applied = new Map<number, string>();
  readonly #leaders = new Map<number, number>();
  /** By index and term: the command, and the term of the entry before. */
  readonly #entries = new Map<string, string>();
  leaderCount = 0;
  snapshotCount = 0;

  constructor(seed: number) {
    this.#random = Random.fromSeed(seed);
    this.servers = [...membership.voters].map((me) => this.#boot(me, new Persister()));
  }

  get appliedCount(): number {
    return this.#applied.size;
  }

  /** One random event. */
  step(isCalm: boolean): void {
    this.#now += this.#random.uniform(0, isCalm ? 4 : 12);
    const server = this.#random.pick(this.servers);
    const chance = this.#random.int(0, 999);
    if (!isCalm && chance < 5) this.#crash(server);
    else if (chance < 60) this.#propose(server);
    else if (chance < 80) this.#compact(server);
    else if (chance < 350) this.#finishWrite(server);
    else if (chance < 600) this.#tick(server);
    else this.#deliver(isCalm);
  }

  /** Time passes, and all messages arrive, until nothing happens for a while. Half-way each leader gets one more proposal. */
  settle(): void {
    for (let count = 0; count < 6000; count += 1) {
      this.#now += 1;
      if (count === 3000) for (const server of this.servers) this.#propose(server);
      for (const server of this.servers) {
        this.#finishWrite(server);
        this.#tick(server);
      }
      while (this.#network.length > 0) this.#deliver(true);
    }
  }

  #boot(me: number, persister: Persister): Server {
    const random = this.#random.fork(`server ${me} at ${this.#now}`);
    const core = RaftCore.begin({
      me,
      membership,
      config,
      random,
      stored: persister.load(),
      now: this.#now,
    });
    const server: Server = {
      me,
      persister,
      core,
      driver: new Driver(
        { step: (input, now) => this.#stepCore(server, input, now) },
        {
          now: () => this.#now,
          write: (persist) => void server.writes.push({ ...persist, waiting: [] }),
          whenDurable(action) {
            const lastWrite = server.writes.at(-1);
            if (lastWrite === undefined) action();
            else lastWrite.waiting.push(action);
          },
          send: (envelope) => this.#send(me, envelope),
          apply: (applicable) => this.#checkApplied(server, applicable),
          wakeAt: (time) => void (server.wakeAt = time),
        },
      ),
      writes: [],
      appliedIndex: core.state.lastApplied,
      wakeAt: core.wakeAt,
    };
    return server;
  }

  #crash({ me, persister }: Server): void {
    this.servers[me] = this.#boot(me, persister.copy());
  }

  #propose(server: Server): void {
    if (server.core.state.standing.role !== 'leader') return;
    this.#proposals += 1;
    this.#input(server, {
      kind: 'propose',
      commands: [Uint8Array.of(this.#proposals >> 8, this.#proposals & 0xff)],
    });
  }

  #compact(server: Server): void {
    const { lastApplied } = server.core.state;
    this.#input(server, {
      kind: 'compact',
      lastIncludedIndex: lastApplied,
      data: Uint8Array.of(lastApplied & 0xff, 0xff, 0),
    });
  }

  #tick(server: Server): void {
    if (server.wakeAt <= this.#now) this.#input(server, { kind: 'tick' });
  }

  #finishWrite(server: Server): void {
    const write = server.writes.shift();
    if (write === undefined) return;
    server.persister.write(write.batch);
    for (const action of write.waiting) action();
    this.#input(server, { kind: 'persisted', ...write.proves });
  }

  #deliver(isCalm: boolean): void {
    if (this.#network.length === 0) return;
    // Any of them: messages may arrive in any order.
    const at = this.#random.int(0, this.#network.length - 1);
    const inFlight = this.#network[at];
    const fate = isCalm ? 99 : this.#random.int(0, 99);
    // 5 % are duplicated.
    if (fate >= 5) this.#network.splice(at, 1);
    if (inFlight === undefined) return;
    const { from, to, message, ticket } = inFlight;
    const isLost = fate >= 5 && fate < 20;
    const [sender, receiver] = [this.servers[from], this.servers[to]];
    if (!isLost && receiver !== undefined) this.#input(receiver, { kind: 'message', from, message });
    else if (fate < 12 && sender !== undefined)
      this.#input(sender, { kind: 'unreachable', peer: to, ticket });
  }

  #input(server: Server, input: Input): void {
    const wasLeader = server.core.state.standing.role === 'leader';
    server.driver.step(input);
    this.#checkLog(server);
    if (!wasLeader && server.core.state.standing.role === 'leader') this.#checkNewLeader(server);
  }

  /** A pure core: from a copy, the same input returns the same outputs. One of the two continues, the other is dropped. */
  #stepCore(server: Server, input: Input, now: number): Outputs {
    const twin = this.#random.chance(1, 20) ? server.core.clone() : undefined;
    const outputs = server.core.step(input, now);
    if (twin === undefined) return outputs;
    deepStrictEqual(twin.step(input, now), outputs);
    const before = describeState(server.core);
    deepStrictEqual(describeState(twin), before);
    server.core.step({ kind: 'tick' }, now + 10_000);
    deepStrictEqual(describeState(twin), before);
    server.core = twin;
    return outputs;
  }

  #send(from: number, { to, message, ticket }: Envelope): void {
    this.#network.push({ from, to, message, ticket });
    // Too many are in flight only because the test delivers slowly: the oldest is dropped.
    if (this.#network.length > 200) this.#network.shift();
  }

  /** State Machine Safety: no two servers apply different entries at one index, and each server applies in order. */
  #checkApplied(server: Server, each: Applicable): void {
    if (each.kind === 'snapshot') {
      const { lastIncludedIndex, lastIncludedTerm } = each.snapshot;
      if (lastIncludedIndex <= server.appliedIndex) {
        throw new Error(`snapshot ${lastIncludedIndex} after ${server.appliedIndex}`);
      }
      const known = this.#applied.get(lastIncludedIndex);
      if (known?.startsWith(`t${lastIncludedTerm} `) !== true) {
        throw new Error(`snapshot of t${lastIncludedTerm} at ${lastIncludedIndex}: ${known} elsewhere`);
      }
      server.appliedIndex = lastIncludedIndex;
      this.snapshotCount += 1;
      return;
    }
    for (const [offset, entry] of each.entries.entries()) {
      const index = each.firstIndex + offset;
      if (index !== server.appliedIndex + 1) throw new Error(`applied ${index} after ${server.appliedIndex}`);
      server.appliedIndex = index;
      const known = this.#applied.get(index);
      if (known === undefined) this.#applied.set(index, textOf(entry));
      else if (known !== textOf(entry))
        throw new Error(`at ${index}: ${textOf(entry)}, and ${known} elsewhere`);
    }
  }

  /** Log Matching: entries with the same index and term are equal on all servers, and so are all entries before them. */
  #checkLog({ core }: Server): void {
    const { log } = core.state;
    for (let index = log.lastIncludedIndex + 1; index <= log.lastIndex; index += 1) {
      const entry = log.entryAt(index);
      if (entry === undefined) throw new Error(`no entry at ${index}`);
      const key = `${index} of t${entry.term}`;
      const found = `${textOf(entry)} after t${log.termAt(index - 1)}`;
      const known = this.#entries.get(key);
      if (known === undefined) this.#entries.set(key, found);
      else if (known !== found) throw new Error(`${key}: ${found}, and ${known} elsewhere`);
    }
  }

  /** Election Safety, and Leader Completeness. */
  #checkNewLeader({ me, core }: Server): void {
    const { currentTerm, log } = core.state;
    this.leaderCount += 1;
    if (this.#leaders.has(currentTerm)) throw new Error(`a second leader in term ${currentTerm}`);
    this.#leaders.set(currentTerm, me);
    for (const [index, text] of this.#applied) {
      if (index < log.lastIncludedIndex) continue;
      if (!text.startsWith(`t${log.termAt(index)} `)) throw new Error(`leader ${me} lacks ${index}: ${text}`);
    }
  }
}

function describeState({ state }: RaftCore): unknown {
  const { log, ...rest } = state;
  return structuredClone({
    ...rest,
    log: [log.describe(), log.slice(log.lastIncludedIndex + 1, log.lastIndex)],
  });
}

function textOf(entry: LogEntry): string {
  return `t${entry.term} ${entry.kind} ${payloadOf(entry).join('.')}`;
}

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'seed %i: the properties of Figure 3 hold, and without faults all servers agree (§5, §7)',
  (seed) => {
    const world = new World(seed);
    for (let step = 0; step < stepsPerRun; step += 1) world.step(step % 1000 > 600);
    world.settle();
    // Without faults, an entry of the leader's own term commits all entries before it.
    for (const { core } of world.servers)
      expect(core.state.lastApplied).toBe(world.servers[0]?.core.state.lastApplied);
    expect(world.leaderCount).toBeGreaterThan(0);
  },
);

test('these runs cover the cases: entries are committed, leaders replaced, snapshots installed', () => {
  const totals = { applied: 0, leaders: 0, snapshots: 0 };
  for (let seed = 0; seed < 10; seed += 1) {
    const world = new World(seed);
    for (let step = 0; step < stepsPerRun; step += 1) world.step(step % 1000 > 600);
    totals.applied += world.appliedCount;
    totals.leaders += world.leaderCount;
    totals.snapshots += world.snapshotCount;
  }
  expect(totals.applied).toBeGreaterThan(100);
  expect(totals.leaders).toBeGreaterThan(20);
  expect(totals.snapshots).toBeGreaterThan(5);
});

// The lab's tester ("config"): a cluster of servers on a simulated network, with the faults and checks that the graded
// tests are made of. The steps and bounds are those of MIT 6.5840 (spring 2024), in real and in virtual time alike.
import { isDeepStrictEqual } from 'node:util';
import { Network, Server, type NetworkEvent, type RpcError } from '@raftlab/labrpc';
import { Persister } from '@raftlab/persister';
import type { ApplyMsg, ServerId } from '@raftlab/protocol';
import type { Clock, Random } from '@raftlab/runtime';
import type { Implementation, RaftHandle } from '../implementation.ts';
import { bothObservers, type ClusterWatch } from '@raftlab/invariants';
import { stateObserver, show, type Recorder } from '@raftlab/trace';
import { SampledStates } from '../record/sampled-states.ts';
import { TestFailure, TestOver } from '../test-failure.ts';
import type { Trace } from '../trace.ts';
import { ingestSnapshot, plainReader, snapshottingReader, type ApplyReader } from './apply-readers.ts';
import { AppliedCommands, type Committed, type ServerRecord } from './servers.ts';

/** R of the lab: how long the tests wait for elections, in ms. Not a number that a Raft must use. */
export const raftElectionTimeoutMs = 1000;
/** The longest a test may take, in ms. */
const testTimeLimitMs = 120_000;
const endNameLength = 20;

export interface ClusterOptions {
  readonly serverCount: number;
  readonly isReliable: boolean;
  readonly takesSnapshots: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly implementation: Implementation;
  readonly trace: Trace;
  /** Watches Raft's invariants; undefined where the implementation does not tell what it does. */
  readonly watch?: ClusterWatch;
  /** Keeps what happens, for whoever wants to look at it. Changes nothing. */
  readonly recorder?: Recorder | undefined;
  /** Told once, at the moment the test fails. */
  /** `server`: at whose event it was noticed, where there is one. */
  readonly onFailure?: (error: Error, server: ServerId | undefined) => void;
}

/** The columns of the lab's "Passed" line. */
export interface Statistics {
  /** Seconds since the title was printed. */
  readonly seconds: number;
  readonly servers: number;
  /** Calls that entered the network. */
  readonly rpcs: number;
  readonly bytes: number;
  /** Growth of the highest applied index. */
  readonly commands: number;
}

export class Cluster {
  readonly n: number;
  readonly random: Random;
  readonly #options: ClusterOptions;
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #recorder: Recorder | undefined;
  readonly #samples: SampledStates | undefined;
  #networkHabits = { isReliable: true, isLongReordering: false };
  readonly #servers: ServerRecord[];
  readonly #applied: AppliedCommands;
  readonly #reader: ApplyReader;
  readonly #testRandom: Random;
  readonly #startedAt: number;
  readonly #over = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  #failure: Error | undefined;
  #isFinished = false;
  #step = 'setting up';
  #stepCount = 0;
  #largestLogSize = 0;
  #base = { at: 0, rpcs: 0, bytes: 0, maxIndex: 0 };

  constructor(options: ClusterOptions) {
    const { serverCount, isReliable, takesSnapshots, clock, random, trace } = options;
    this.n = serverCount;
    this.#options = options;
    this.#clock = clock;
    this.random = random.fork('script');
    this.#testRandom = random.fork('tester');
    this.#network = new Network({
      clock,
      random: random.fork('network'),
      onFault: (fault) => this.#onFault(fault),
      onEvent: (event) => {
        trace.record(describeNetworkEvent(event));
        options.recorder?.recordCall(event);
      },
    });
    this.#recorder = options.recorder;
    this.#samples = this.#recorder && new SampledStates(this.#recorder);
    this.#network.reliable(isReliable);
    this.#recordNetwork({ isReliable });
    this.#network.longDelays(true);
    this.#reader = takesSnapshots ? snapshottingReader : plainReader;
    this.#servers = Array.from({ length: serverCount }, (_, id) => newServer(id));
    this.#applied = new AppliedCommands(this.#servers);
    this.#startedAt = clock.now();
  }

  /** Starts all servers, then connects them: the lab's make_config and begin. */
  setUp(): void {
    for (const { id } of this.#servers) this.#startServer(id);
    for (const { id } of this.#servers) this.connect(id);
    this.#base = {
      at: this.#clock.now(),
      rpcs: this.rpcTotal(),
      bytes: this.bytesTotal(),
      maxIndex: this.#applied.maxIndex,
    };
  }

  // ---- faults ----

  /** Restarts server i from what it persisted, crashing it first if it runs. It is not connected afterwards. */
  start1(i: number): void {
    this.#note(`start1(${i})`);
    this.#startServer(i);
  }

  /** Crashes server i; what it has persisted is kept. */
  crash1(i: number): void {
    this.#note(`crash1(${i})`);
    this.#crashServer(i);
  }

  connect(i: number): void {
    this.#note(`connect(${i})`);
    const server = this.#server(i);
    server.isConnected = true;
    this.#recorder?.record({ kind: 'connect', server: i });
    for (const other of this.#servers) {
      if (!other.isConnected) continue;
      this.#network.enable(endName(server, other.id), true);
      this.#network.enable(endName(other, i), true);
    }
  }

  disconnect(i: number): void {
    this.#note(`disconnect(${i})`);
    this.#cut(this.#server(i));
  }

  setUnreliable(isUnreliable: boolean): void {
    this.#note(`setUnreliable(${isUnreliable})`);
    this.#network.reliable(!isUnreliable);
    this.#recordNetwork({ isReliable: !isUnreliable });
  }

  setLongReordering(yes: boolean): void {
    this.#note(`setLongReordering(${yes})`);
    this.#network.longReordering(yes);
    this.#recordNetwork({ isLongReordering: yes });
  }

  isRunning(i: number): boolean {
    return this.#server(i).raft !== undefined;
  }

  isConnected(i: number): boolean {
    return this.#server(i).isConnected;
  }

  /** The Raft of a server that runs. Throws when it is crashed: a test never asks that. */
  raft(i: number): RaftHandle {
    const { raft } = this.#server(i);
    if (raft === undefined) throw new Error(`server ${i} is crashed`);
    return raft;
  }

  /** Proposes at server i, whatever it is. */
  start(i: number, command: unknown): { isLeader: boolean; index: number; term: number } {
    const { isLeader, index = -1, term } = this.#propose(i, this.raft(i), command);
    return { isLeader, index, term };
  }

  // ---- checks ----

  /** The one connected leader, within 10 rounds of about half a second. */
  async checkOneLeader(): Promise<number> {
    this.#enter('checkOneLeader');
    for (let round = 0; round < 10; round += 1) {
      await this.sleep(this.#testRandom.int(450, 549));
      const leadersByTerm = new Map<number, number[]>();
      for (const { id, raft, isConnected } of this.#servers) {
        if (!isConnected || raft === undefined) continue;
        const { term, isLeader } = raft.getState();
        if (isLeader) leadersByTerm.set(term, [...(leadersByTerm.get(term) ?? []), id]);
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
  }

  /** The term that all connected servers agree on. */
  checkTerms(): number {
    this.#enter('checkTerms');
    let agreed = -1;
    for (const { raft, isConnected } of this.#servers) {
      if (!isConnected || raft === undefined) continue;
      const { term } = raft.getState();
      if (agreed === -1) agreed = term;
      else if (agreed !== term) this.fatal(`servers disagree on term: ${agreed} and ${term}`);
    }
    return agreed;
  }

  checkNoLeader(): void {
    this.#enter('checkNoLeader');
    for (const { id, raft, isConnected } of this.#servers) {
      if (isConnected && raft?.getState().isLeader === true) {
        this.fatal(`expected no leader among connected servers, but ${id} claims to be leader`);
      }
    }
  }

  nCommitted(index: number): Committed {
    return this.#applied.nCommitted(index);
  }

  /** Waits until `count` servers have applied `index`; undefined when a server has moved on from `startTerm`. */
  async wait(index: number, count: number, startTerm?: number): Promise<{ command: unknown } | undefined> {
    this.#enter(`wait for index ${index} on ${count} servers`);
    let delayMs = 10;
    for (let round = 0; round < 30; round += 1) {
      if (this.nCommitted(index).count >= count) break;
      await this.sleep(delayMs);
      if (delayMs < 1000) delayMs *= 2;
      if (startTerm === undefined) continue;
      for (const { id } of this.#servers) {
        if (this.raft(id).getState().term > startTerm) return undefined;
      }
    }
    const committed = this.nCommitted(index);
    if (committed.count < count) {
      this.fatal(`only ${committed.count} decided for index ${index}; wanted ${count}`);
    }
    return { command: committed.command };
  }

  /**
   * Gets a command committed and applied on at least `expectedServers`, within 10 s; finds the leader itself. Without
   * retry the first server that accepts it must bring it through within 2 s. Gives the index.
   */
  async one(command: unknown, expectedServers: number, retry: boolean): Promise<number> {
    this.#enter(`one(${show(command)}, ${expectedServers} servers${retry ? ', retry' : ''})`);
    const beganAt = this.#clock.now();
    let cursor = 0;
    while (this.#clock.now() - beganAt < 10_000 && !this.#isFinished) {
      let index = -1;
      for (let tries = 0; tries < this.n && index === -1; tries += 1) {
        cursor = (cursor + 1) % this.n;
        const { raft, isConnected } = this.#server(cursor);
        if (raft === undefined || !isConnected) continue;
        const started = this.#propose(cursor, raft, command);
        if (started.isLeader) index = started.index ?? -1;
      }
      if (index === -1) {
        await this.sleep(50);
        continue;
      }
      const acceptedAt = this.#clock.now();
      while (this.#clock.now() - acceptedAt < 2000) {
        const committed = this.nCommitted(index);
        if (committed.count > 0 && committed.count >= expectedServers) {
          if (isDeepStrictEqual(committed.command, command)) return index;
        }
        await this.sleep(20);
      }
      if (!retry) this.fatal(`one(${show(command)}) failed to reach agreement`);
    }
    if (this.#isFinished) return -1;
    return this.fatal(`one(${show(command)}) failed to reach agreement`);
  }

  /** The largest persisted Raft state over all servers, in bytes. */
  logSize(): number {
    const sizeBytes = Math.max(...this.#servers.map(({ persister }) => persister?.raftStateSize() ?? 0));
    this.#largestLogSize = Math.max(this.#largestLogSize, sizeBytes);
    return sizeBytes;
  }

  /** The largest that logSize has ever given. */
  get largestLogSize(): number {
    return this.#largestLogSize;
  }

  /** Requests dispatched to server i since it started. Throws when it is crashed. */
  rpcCount(i: number): number {
    return this.#network.getCount(i);
  }

  rpcTotal(): number {
    return this.#network.getTotalCount();
  }

  bytesTotal(): number {
    return this.#network.getTotalBytes();
  }

  // ---- the course of a test ----

  sleep(delayMs: number): Promise<void> {
    return this.#clock.sleep(delayMs, this.#over.signal);
  }

  /** Milliseconds on the test's clock. */
  now(): number {
    return this.#clock.now();
  }

  /** Runs beside the script. A failure fails the test; the returned promise then rejects like every wait. */
  spawn<T>(task: () => Promise<T>): Promise<T> {
    const running = task();
    const watched = running.then(
      () => undefined,
      (error: unknown) => this.fail(error),
    );
    this.#tasks.add(watched);
    void watched.then(() => this.#tasks.delete(watched));
    return running;
  }

  /** Fails the test here. */
  fatal(message: string): never {
    throw new TestFailure(message);
  }

  /** Fails the test from outside its script; every wait of the script ends. The first failure counts. */
  fail(error: unknown, server?: ServerId): void {
    if (this.#failure !== undefined || error instanceof TestOver) return;
    this.#failure = error instanceof Error ? error : new TestFailure(String(error));
    this.#options.trace.record(`failed: ${this.#failure.message}`);
    this.#options.onFailure?.(this.#failure, server);
    this.#over.abort(new TestOver('the test has failed'));
  }

  /** What failed the test, if anything did. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The check that the script is in, numbered from its beginning. */
  get step(): string {
    return `step ${this.#stepCount}, ${this.#step}`;
  }

  warn(message: string): void {
    this.#note(`warning: ${message}`);
  }

  /** The lab's end(): the time limit, and what the test has cost. */
  finish(): Statistics {
    this.#checkTimeout();
    return this.statistics();
  }

  statistics(): Statistics {
    return {
      seconds: (this.#clock.now() - this.#base.at) / 1000,
      servers: this.n,
      rpcs: this.rpcTotal() - this.#base.rpcs,
      bytes: this.bytesTotal() - this.#base.bytes,
      commands: this.#applied.maxIndex - this.#base.maxIndex,
    };
  }

  /** Stops everything; resolves when no task of the test is left. Always runs, also after a failure. */
  async cleanup(): Promise<void> {
    this.#isFinished = true;
    this.#over.abort(new TestOver('the test is over'));
    await Promise.all(this.#tasks);
    for (const { raft } of this.#servers) raft?.kill();
    this.#network.cleanup();
    if (this.#failure !== undefined) return;
    try {
      this.#checkTimeout();
    } catch (error) {
      this.fail(error);
    }
  }

  #checkTimeout(): void {
    if (this.#clock.now() - this.#startedAt > testTimeLimitMs)
      this.fatal('test took longer than 120 seconds');
  }

  // ---- servers ----

  #crashServer(i: number): void {
    const server = this.#server(i);
    this.#cut(server);
    this.#network.deleteServer(i);
    if (server.raft !== undefined) this.#recorder?.record({ kind: 'crash', server: i });
    // The old incarnation keeps the old persister: what it saves from now on is lost, as after a crash.
    server.persister = server.persister?.copy();
    server.raft?.kill();
    server.raft = undefined;
    this.#options.watch?.onCrash(i);
  }

  #startServer(i: number): void {
    this.#crashServer(i);
    const server = this.#server(i);
    server.endNames = this.#servers.map(() => this.#testRandom.string(endNameLength));
    const peers = server.endNames.map((name, j) => {
      const end = this.#network.makeEnd(name);
      this.#network.connect(name, j);
      return this.#recorder?.watch(end, { from: i, to: j }) ?? end;
    });
    server.lastApplied = 0;
    if (server.persister === undefined) {
      server.persister = new Persister();
    } else {
      const snapshot = server.persister.readSnapshot();
      if (snapshot.length > 0) ingestSnapshot(server, snapshot);
    }
    server.incarnation += 1;
    const { incarnation } = server;
    const { implementation, clock, random, watch } = this.#options;
    this.#recorder?.record({ kind: 'start', server: i });
    this.#samples?.onStart(i);
    const observer = bothObservers(
      watch?.observe(i, server.persister),
      this.#recorder && stateObserver(this.#recorder, i, () => this.#samples?.onTold(i)),
    );
    // A peer may deliver before `make` has returned; the reader then takes the message as soon as it has.
    let isMade = false;
    const raft = implementation.make({
      peers,
      me: i,
      persister: server.persister,
      applyCh: (message) => {
        if (isMade) return this.#onApply(server, incarnation, message);
        return Promise.resolve().then(() => this.#onApply(server, incarnation, message));
      },
      clock,
      random: random.fork(`server ${i}.${incarnation}`),
      onError: (error) => {
        if (incarnation === server.incarnation) this.fail(error, i);
      },
      ...(observer !== undefined && { observer }),
    });
    isMade = true;
    server.raft = this.#samples?.watch(i, raft) ?? raft;
    const rpcServer = new Server();
    rpcServer.addService(raft.service);
    this.#network.addServer(i, rpcServer);
  }

  #cut(server: ServerRecord): void {
    if (server.isConnected) this.#recorder?.record({ kind: 'disconnect', server: server.id });
    server.isConnected = false;
    for (const other of this.#servers) {
      for (const name of [server.endNames[other.id], other.endNames[server.id]]) {
        if (name !== undefined) this.#network.enable(name, false);
      }
    }
  }

  /** The lab's reader. A killed incarnation that still delivers does not reach its successor's log (lab, note on zombies). */
  #onApply(server: ServerRecord, incarnation: number, message: ApplyMsg): void {
    if (incarnation !== server.incarnation || server.raft === undefined || this.#isFinished) return;
    const what = message.commandValid ? `${message.commandIndex}` : `snapshot ${message.snapshotIndex}`;
    this.#options.trace.record(`server ${server.id} applies ${what}`);
    this.#recorder?.record({
      kind: 'apply',
      server: server.id,
      ...(message.commandValid
        ? { index: message.commandIndex, command: show(message.command) }
        : { index: message.snapshotIndex }),
    });
    this.#samples?.onApply(server.id, message.commandValid ? message.commandIndex : message.snapshotIndex);
    try {
      this.#reader(server, message, this.#applied);
    } catch (error) {
      this.fail(error, server.id);
    }
  }

  #propose(server: number, raft: RaftHandle, command: unknown): ReturnType<RaftHandle['start']> {
    const started = raft.start(command);
    // The lab's clients try every server in turn; the refusals would be most of a record.
    if (started.isLeader) {
      this.#recorder?.record({ kind: 'propose', server, command: show(command), index: started.index });
    }
    return started;
  }

  #recordNetwork(change: { isReliable?: boolean; isLongReordering?: boolean }): void {
    this.#networkHabits = { ...this.#networkHabits, ...change };
    const { isReliable, isLongReordering } = this.#networkHabits;
    const text = `${isReliable ? 'reliable' : 'unreliable'}${isLongReordering ? ', replies held back' : ''}`;
    this.#recorder?.record({ kind: 'network', text });
  }

  #onFault(fault: RpcError): void {
    this.fail(fault);
  }

  #server(i: number): ServerRecord {
    const server = this.#servers[i];
    if (server === undefined) throw new RangeError(`there is no server ${i}; they are 0 to ${this.n - 1}`);
    return server;
  }

  #enter(step: string): void {
    this.#stepCount += 1;
    this.#step = step;
    this.#options.trace.record(`step ${this.#stepCount}: ${step}`);
    this.#recorder?.record({ kind: 'step', text: step });
  }

  #note(event: string): void {
    this.#options.trace.record(event);
  }
}

function newServer(id: number): ServerRecord {
  return {
    id,
    raft: undefined,
    isConnected: false,
    persister: undefined,
    endNames: [],
    incarnation: 0,
    applied: new Map(),
    lastApplied: 0,
  };
}

function endName(server: ServerRecord, j: number): string {
  const name = server.endNames[j];
  if (name === undefined) throw new Error(`server ${server.id} was never started`);
  return name;
}

function describeNetworkEvent(event: NetworkEvent): string {
  return `${event.kind} ${event.callId} ${event.methodName} to ${event.serverName ?? 'nobody'} ${event.bytes.byteLength}`;
}

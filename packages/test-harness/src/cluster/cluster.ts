// A cluster that a test controls, like "config" of the labs' testers: servers with starts and crashes, a network, disks and
// clients. It does not depend on the process of a server: a Boot starts it, and a lab adds its own checks in a subclass.
import { bothObservers, type ClusterWatch } from '@raftlab/invariants';
import type { MessageTime } from '@raftlab/labrpc';
import type { ServerId } from '@raftlab/protocol';
import type { Clock, Random } from '@raftlab/runtime';
import { stateObserver } from '@raftlab/trace';
import type { TimeMode } from '../grade/test-report.ts';
import { TestFailure } from '../test-failure.ts';
import type { ClusterClient } from './cluster-client.ts';
import { ClusterError } from './cluster-error.ts';
import { ClusterNetwork } from './cluster-network.ts';
import { Disks } from './disks.ts';
import type { Journal } from './journal.ts';
import type { Boot, ServerProcess } from './server-process.ts';
import type { Statistics } from './statistics.ts';
import type { TestCourse } from './test-course.ts';

/** The parameters of a test, in any lab. */
export interface TestSetting {
  readonly mode: TimeMode;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly course: TestCourse;
  readonly watch: ClusterWatch;
}

/** The parts of a cluster. */
export interface ClusterOptions<Process extends ServerProcess> {
  readonly servers: number;
  readonly isReliable: boolean;
  /** Whether calls that cannot be delivered fail after up to 7 s (Lab 3) instead of up to 0.1 s (Lab 4). */
  readonly hasLongDelays: boolean;
  /** What each message takes; without it a message of a reliable network takes no time, as in the lab. */
  readonly messageTime?: MessageTime | undefined;
  readonly boot: Boot<Process>;
}

interface Life<Process> {
  readonly number: number;
  /** Undefined while the server is down, or still booting. */
  process: Process | undefined;
}

/**
 * The servers of one test, numbered from 0, with the faults that its script inflicts. All methods except `cleanup` are for the
 * script; `setUp` must be called first.
 */
export class Cluster<Process extends ServerProcess = ServerProcess> {
  readonly n: number;
  readonly servers: readonly ServerId[];
  /** For the random numbers of the script. */
  readonly random: Random;
  /** For the random numbers of the lab's own checks. */
  protected readonly testerRandom: Random;
  protected readonly setting: TestSetting;
  protected readonly course: TestCourse;
  readonly #boot: Boot<Process>;
  readonly #network: ClusterNetwork;
  readonly #disks: Disks;
  readonly #lives: Map<ServerId, Life<Process>>;
  #base = { at: 0, rpcs: 0, bytes: 0 };

  constructor(setting: TestSetting, options: ClusterOptions<Process>) {
    const { servers, isReliable, hasLongDelays, messageTime, boot } = options;
    const { clock, random, journal, course } = setting;
    this.n = servers;
    this.servers = Array.from({ length: servers }, (_, server) => server);
    this.setting = setting;
    this.course = course;
    this.random = random.fork('script');
    this.testerRandom = random.fork('tester');
    this.#boot = boot;
    this.#disks = new Disks(random.fork('disks'));
    this.#network = new ClusterNetwork({
      serverCount: servers,
      clock,
      random: random.fork('network'),
      names: { servers: this.testerRandom, clients: random.fork('clients') },
      journal,
      isReliable,
      hasLongDelays,
      messageTime,
      onFault: (fault) => course.fail(fault),
    });
    this.#lives = new Map(this.servers.map((server) => [server, { number: 0, process: undefined }]));
  }

  /** Starts all servers, then connects them; the statistics count from here on. */
  setUp(): void {
    for (const server of this.servers) this.#start(server);
    for (const server of this.servers) this.connect(server);
    this.#base = { at: this.now(), rpcs: this.rpcTotal(), bytes: this.bytesTotal() };
  }

  // ---- starts and crashes ----

  /** Starts server i from its persisted state; if it runs, it is crashed first. It is not connected afterwards. */
  start1(i: ServerId): void {
    this.#note(`start1(${i})`);
    this.#start(i);
  }

  /** Crashes server i; its persisted state is kept. */
  crash1(i: ServerId): void {
    this.#note(`crash1(${i})`);
    this.#crash(i);
  }

  isRunning(i: ServerId): boolean {
    return this.processOf(i) !== undefined;
  }

  /** The process on server i. Throws a ClusterError if it is crashed. */
  process(i: ServerId): Process {
    const process = this.processOf(i);
    if (process === undefined) throw new ClusterError(`server ${i} is crashed; start it first`);
    return process;
  }

  /** The process on server i; undefined if it is crashed. */
  protected processOf(i: ServerId): Process | undefined {
    return this.#life(i).process;
  }

  // ---- network ----

  /** Opens the links between server i and all connected ones. */
  connect(i: ServerId): void {
    this.#life(i);
    this.#note(`connect(${i})`);
    this.#network.connect(i);
  }

  /** Opens every link; also ends a partition. */
  connectAll(): void {
    for (const server of this.servers) this.connect(server);
  }

  /** Closes all links of server i. */
  disconnect(i: ServerId): void {
    this.#life(i);
    this.#note(`disconnect(${i})`);
    this.#network.disconnect(i);
  }

  isConnected(i: ServerId): boolean {
    this.#life(i);
    return this.#network.isConnected(i);
  }

  /** Opens all links within each side and closes those between the sides. Clients keep theirs. */
  partition(first: readonly ServerId[], second: readonly ServerId[]): void {
    for (const server of [...first, ...second]) this.#life(server);
    this.#note(`partition([${first.join(', ')}], [${second.join(', ')}])`);
    this.#network.partition(first, second);
  }

  setUnreliable(isUnreliable: boolean): void {
    this.#note(`setUnreliable(${isUnreliable})`);
    this.#network.setReliable(!isUnreliable);
  }

  setLongReordering(yes: boolean): void {
    this.#note(`setLongReordering(${yes})`);
    this.#network.setLongReordering(yes);
  }

  /** Requests that reached server i since it started. Throws if it is crashed. */
  rpcCount(i: ServerId): number {
    return this.#network.rpcCount(i);
  }

  rpcTotal(): number {
    return this.#network.rpcTotal();
  }

  bytesTotal(): number {
    return this.#network.bytesTotal();
  }

  // ---- clients ----

  /** A client with ends of its own, open to these servers. The caller must close it. */
  makeClient(to: readonly ServerId[] = this.servers): ClusterClient {
    this.#note(`makeClient([${to.join(', ')}])`);
    return this.#network.makeClient(to);
  }

  // ---- disks ----

  /** The largest persisted Raft state over all servers, in bytes. */
  logSize(): number {
    return this.#disks.logSize();
  }

  /** The largest snapshot over all servers, in bytes. */
  snapshotSize(): number {
    return this.#disks.snapshotSize();
  }

  /** The largest value that `logSize` has returned, in bytes. */
  get largestLogSizeBytes(): number {
    return this.#disks.largestLogSizeBytes;
  }

  // ---- the course of the test ----

  sleep(delayMs: number): Promise<void> {
    return this.course.sleep(delayMs);
  }

  /** Milliseconds on the test's clock. */
  now(): number {
    return this.course.now();
  }

  /** Runs a task beside the script. A failure fails the test; the returned promise then rejects like every wait. */
  spawn<T>(task: () => Promise<T>): Promise<T> {
    return this.course.spawn(task);
  }

  /** Fails the test here. */
  fatal(message: string): never {
    throw new TestFailure(message);
  }

  /** Reports a problem that does not fail the test. */
  warn(message: string): void {
    this.course.warn(message);
  }

  /** The statistics of the test since `setUp`. A lab adds columns of its own. */
  statistics(): Statistics {
    return {
      seconds: (this.now() - this.#base.at) / 1000,
      servers: this.n,
      rpcs: this.rpcTotal() - this.#base.rpcs,
      bytes: this.bytesTotal() - this.#base.bytes,
    };
  }

  /** Ends the test's waits and tasks, then stops all servers. Must always be called, also after a failure. */
  async cleanup(): Promise<void> {
    await this.course.end();
    for (const { process } of this.#lives.values()) process?.kill();
    this.#network.shut();
  }

  #crash(i: ServerId): void {
    const life = this.#life(i);
    this.#network.disconnect(i);
    this.#network.deleteServer(i);
    if (life.process !== undefined) this.setting.journal.record({ kind: 'crash', server: i });
    this.#disks.crash(i);
    life.process?.kill();
    life.process = undefined;
    this.setting.watch.onCrash(i);
  }

  #start(i: ServerId): void {
    this.#crash(i);
    const peers = this.#network.makeEnds(i);
    const { persister, walDisk } = this.#disks.open(i);
    const life: Life<Process> = { number: this.#life(i).number + 1, process: undefined };
    this.#lives.set(i, life);
    const { clock, random, journal, watch, course } = this.setting;
    journal.record({ kind: 'start', server: i });
    const isLatest = (): boolean => this.#lives.get(i) === life;
    life.process = this.#boot({
      me: i,
      peers,
      persister,
      walDisk,
      clock,
      random: random.fork(`server ${i}.${life.number}`),
      observer: bothObservers(
        watch.observe(i, persister),
        journal.recorder && stateObserver(journal.recorder, i),
      ),
      isRunning: () => isLatest() && life.process !== undefined,
      onError: (error) => {
        if (isLatest()) course.fail(error, i);
      },
    });
    this.#network.addServer(i, life.process.services);
  }

  #life(i: ServerId): Life<Process> {
    const life = this.#lives.get(i);
    if (life === undefined) throw new ClusterError(`there is no server ${i}; they are 0 to ${this.n - 1}`);
    return life;
  }

  #note(event: string): void {
    this.setting.journal.note(event);
  }
}

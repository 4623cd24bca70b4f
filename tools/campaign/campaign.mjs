// One campaign: real server processes under faults, clients, and the verdict on what the clients saw.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clerk } from '@raftlab/kv';
import { Random, SystemClock } from '@raftlab/runtime';
import { connect } from '@raftlab/tcp';
import { Availability } from './availability.mjs';
import { makeCertificates } from './certificates.mjs';
import { Client } from './client.mjs';
import { carryOut } from './faults.mjs';
import { Network } from './network.mjs';
import { networkFaults, scheduleOf } from './schedule.mjs';
import { Servers } from './servers.mjs';
import { Timeline } from './timeline.mjs';
import { Windows, windowMs } from './windows.mjs';
import { Workload } from './workload.mjs';

const cluster = 'campaign';
const clientCount = 12;
/** So many of the clients only read, one for each server at least. */
const readerCount = 5;
/** When all faults are over, every pending operation ends within this time, in ms, or the campaign fails. */
const recoveryMaxMs = 30_000;
/** A fault of processes waits until the service answers: looks this often, in ms, and at most so many times. */
const availableEveryMs = 10;
const availableTriesMax = 300;

/** @typedef {import('./options.mjs').Options} Options */

/**
 * @typedef {object} Outcome
 * @property {ReadonlyMap<string, number>} faults How often each kind was carried out.
 * @property {number} operationCount @property {number} unknownCount @property {number} windowCount @property {number} lostCount
 * @property {ReturnType<Availability['report']>} availability
 * @property {readonly string[]} problems What was wrong, in words; empty after a pass.
 * @property {number | undefined} failedAfterMs When the first problem was found.
 * @property {import('./judge.mjs').Failure | undefined} failure The history of a key that is not linearizable.
 * @property {Timeline} timeline
 * @property {string} folder Data and logs of the servers.
 */

export class Campaign {
  #options;
  #clock = new SystemClock();
  #random;
  #folder = mkdtempSync(join(tmpdir(), 'raftlab-campaign-'));
  #ids;
  #network;
  #servers;
  #timeline;
  /** @type {Map<string, number>} */
  #faults = new Map();
  /** @type {string[]} */
  #problems = [];
  /** @type {import('./judge.mjs').Failure | undefined} */
  #failure;
  /** @type {number | undefined} */
  #failedAt;
  /** Aborted when the campaign ends early, and when the cluster does not recover. */
  #ending = new AbortController();
  #tls;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#random = Random.fromSeed(options.seed);
    this.#ids = Array.from({ length: options.servers }, (_, at) => at);
    this.#timeline = new Timeline(() => this.#clock.now());
    const folder = this.#folder;
    mkdirSync(folder, { recursive: true });
    this.#tls = options.tls ? makeCertificates(folder, { cluster, servers: this.#ids }) : undefined;
    this.#network = new Network(this.#ids, (server) => this.#servers.portOf(server));
    this.#servers = new Servers({
      cluster,
      servers: this.#ids,
      folder,
      canary: options.canary,
      certificates: this.#tls?.ofServer,
      peersOf: (server) => this.#network.peersOf(server),
      onEvent: (event) => this.#timeline.onServer(event),
      onReport: (server, report) => this.#timeline.onReport(server, report),
      onProblem: (problem) => this.#fail(problem),
    });
  }

  /** Data and logs of the servers. */
  get folder() {
    return this.#folder;
  }

  /** Ends every process at once. */
  stop() {
    this.#servers.stop();
    this.#network.close();
  }

  /** @returns {Promise<Outcome>} */
  async run() {
    const clock = this.#clock;
    await this.#network.listen();
    await Promise.all(this.#ids.map((server) => this.#servers.start(server)));
    const admin = connect(this.#network.fronts(), this.#connection('admin'));
    void this.#servers.watch(admin, clock);
    const availability = new Availability(clock.now());
    const windows = new Windows(clock, {
      clerk: new Clerk(
        this.#ids.map((server) => admin.end(server)),
        { clock, random: this.#random.fork('closer') },
      ),
      onFailure: (window, judgement) => this.#onIllegal(window, judgement),
    });
    const clients = this.#makeClients(windows, availability);
    const running = clients.map((client) => client.run());
    await this.#disturb({ admin, clients, windows, availability });
    for (const client of clients) client.stop();
    await this.#recover(async () => {
      await Promise.all(running);
      windows.next(this.#ending.signal);
      await windows.judged();
      windows.lostCount += await windows.audit(this.#ending.signal);
    });
    if (windows.lostCount > 0 && this.#problems.length === 0)
      this.#fail(`${windows.lostCount} acknowledged writes are lost`);
    for (const client of clients) client.crash();
    await windows.stop();
    admin.close();
    this.stop();
    return this.#outcome(windows, availability);
  }

  /** @param {Windows} windows @param {Availability} availability */
  #makeClients(windows, availability) {
    return Array.from({ length: clientCount }, (_, number) => {
      const random = this.#random.fork(`workload ${number}`);
      return new Client({
        number,
        servers: this.#ids,
        addresses: this.#network.fronts(),
        availability,
        network: this.#connection(`client ${number}`),
        workload: new Workload(random, {
          client: number,
          isReader: number < readerCount,
        }),
        window: () => windows.current,
      });
    });
  }

  /** @param {string} name @returns {import('@raftlab/tcp').NetworkOptions} */
  #connection(name) {
    const tls = this.#tls?.client;
    return { cluster, clock: this.#clock, random: this.#random.fork(name), ...(tls && { tls }) };
  }

  /**
   * Carries out the schedule, and begins windows, until the time is over or something is wrong.
   * @param {Pick<import('./faults.mjs').World, 'admin' | 'clients'> & { windows: Windows, availability: Availability }} parts
   */
  async #disturb({ admin, clients, windows, availability }) {
    const clock = this.#clock;
    const durationMs = this.#options.minutes * 60_000;
    const schedule = scheduleOf(this.#random.fork('schedule'), { durationMs, servers: this.#ids });
    const beganAt = clock.now();
    const { signal } = this.#ending;
    /** @type {import('./faults.mjs').World} */
    const world = {
      clock,
      admin,
      clients,
      network: this.#network,
      servers: this.#servers,
      onEvent: (event) => this.#timeline.onServer(event),
    };
    const isNetwork = (/** @type {import('./schedule.mjs').Fault} */ { kind }) =>
      networkFaults.some((known) => known === kind);
    const track = async (/** @type {import('./schedule.mjs').Fault[]} */ faults) => {
      for (const fault of faults) {
        await sleepUntil(clock, beganAt + fault.at, signal);
        // A kill in the middle of work finds more than one in the middle of an election.
        for (let tries = 0; !isNetwork(fault) && tries < availableTriesMax && !signal.aborted; tries += 1) {
          if (availability.isAvailable(clock.now())) break;
          await clock.sleep(availableEveryMs);
        }
        if (signal.aborted || clock.now() - beganAt >= durationMs) return;
        this.#timeline.onFault(fault);
        if (await carryOut(fault, world))
          this.#faults.set(fault.kind, (this.#faults.get(fault.kind) ?? 0) + 1);
      }
    };
    const turn = async () => {
      for (let at = windowMs; at < durationMs && !signal.aborted; at += windowMs) {
        await sleepUntil(clock, beganAt + at, signal);
        windows.next(signal);
      }
      await sleepUntil(clock, beganAt + durationMs, signal);
    };
    const network = schedule.filter(isNetwork);
    const processes = schedule.filter((fault) => !isNetwork(fault));
    await Promise.all([track(network), track(processes), turn()]);
  }

  /** Runs what needs a cluster that works; fails when it takes too long. @param {() => Promise<void>} action */
  async #recover(action) {
    const timer = setTimeout(
      () => this.#fail(`the cluster has not recovered ${recoveryMaxMs} ms after the last fault`),
      recoveryMaxMs,
    );
    try {
      const aborted = new Promise((resolve) => this.#ending.signal.addEventListener('abort', resolve));
      if (this.#ending.signal.aborted) return;
      await Promise.race([action(), aborted]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {number} window @param {import('./judge.mjs').Judgement} judgement */
  #onIllegal(window, { verdict, lostCount, failure }) {
    this.#failure ??= failure;
    if (failure === undefined) this.#fail(`${lostCount} acknowledged writes are lost`);
    else if (verdict === 'illegal')
      this.#fail(`the history of key ${failure.key} in window ${window} is not linearizable`);
    else this.#fail(`the history of key ${failure.key} in window ${window} is undecided, which is no pass`);
  }

  /** Ends the campaign. @param {string} problem */
  #fail(problem) {
    this.#problems.push(problem);
    this.#failedAt ??= this.#clock.now();
    this.#timeline.onProblem(problem);
    this.#ending.abort();
  }

  /** @param {Windows} windows @param {Availability} availability @returns {Outcome} */
  #outcome(windows, availability) {
    return {
      faults: this.#faults,
      operationCount: windows.returnedCount,
      unknownCount: windows.unknownCount,
      windowCount: windows.judgedCount,
      lostCount: windows.lostCount,
      availability: availability.report(this.#clock.now()),
      problems: this.#problems,
      failedAfterMs: this.#failedAt === undefined ? undefined : this.#failedAt - this.#timeline.beganAt,
      failure: this.#failure,
      timeline: this.#timeline,
      folder: this.#folder,
    };
  }
}

/** Resolves early when the signal is aborted. @param {import('@raftlab/runtime').Clock} clock @param {number} time @param {AbortSignal} signal */
async function sleepUntil(clock, time, signal) {
  const restMs = time - clock.now();
  if (restMs <= 0 || signal.aborted) return;
  await clock.sleep(restMs, signal).catch(() => undefined);
}

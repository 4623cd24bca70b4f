// The servers of a scenario, the messages between them, and the invariants. Nothing happens without a command: each method is
// one command, and passes the lines of its transcript to `tell`.
import {
  CommandEntry,
  ConfigurationEntry,
  NoopEntry,
  type LogEntry,
  type LogIndex,
  type Membership,
  type Snapshot,
  type Term,
} from '@raftlab/protocol';
import {
  RaftCore,
  type CoreOptions,
  type DurablePoint,
  type Input,
  type RaftConfig,
} from '@raftlab/raft-core';
import { Random } from '@raftlab/runtime';
import { nothingStored, type StoredState } from '@raftlab/storage';
import { ClusterWatch, type InvariantViolation } from '@raftlab/invariants';
import type { InitialServer, Link, Pick } from './command.ts';
import type { EntrySketch } from './entry-text.ts';
import { Links, type InTransit } from './links.ts';
import { formatMessage, readMessage } from './message-text.ts';
import { ScenarioProblem } from './scenario-error.ts';
import { ScenarioServer, type ScenarioCore } from './scenario-server.ts';
import { formatState } from './state-text.ts';

/** If one command causes more deliveries than this, the servers are considered to send endlessly. */
const mostDeliveries = 1000;

export interface ScenarioClusterOptions {
  readonly config: RaftConfig;
  /** The servers, numbered from 0. */
  readonly membership: Membership;
  /** The initial state of each, by number. */
  readonly initial: readonly InitialServer[];
  readonly begin: (options: CoreOptions) => ScenarioCore;
  readonly tell: (line: string) => void;
}

export class ScenarioCluster {
  readonly #options: ScenarioClusterOptions;
  readonly #links = new Links();
  readonly #watch: ClusterWatch;
  /** The content of the disks when their servers last started or crashed. */
  readonly #stored: StoredState[];
  /** By number; undefined for one that is down. */
  readonly #servers: (ScenarioServer | undefined)[];
  readonly #lives: number[];
  readonly #commands = new Map<string, CommandEntry>();
  #violation: InvariantViolation | undefined;

  constructor(options: ScenarioClusterOptions) {
    const { initial, membership } = options;
    this.#options = options;
    this.#watch = new ClusterWatch(membership, (violation) => {
      this.#violation ??= violation;
    });
    this.#stored = initial.map((server) => this.#storedAtFirst(server));
    this.#servers = initial.map(() => undefined);
    this.#lives = initial.map(() => 0);
    this.#tellWatchWhatSnapshotsCover();
    for (const id of initial.keys()) this.#start(id);
  }

  /** The first violated invariant. */
  get violation(): InvariantViolation | undefined {
    return this.#violation;
  }

  /** All servers as a table. */
  describe(): string {
    return this.#watch.describe();
  }

  /** Undefined for a server that is down or that was stopped by an assertion. */
  running(id: number): ScenarioServer | undefined {
    const server = this.#servers[this.#known(id)];
    return server?.error === undefined ? server : undefined;
  }

  /** The message of the assertion that stopped a server, if there is one. */
  errorOf(id: number): string | undefined {
    return this.#servers[id]?.error?.message;
  }

  messagesOn(link?: Link): readonly string[] {
    return this.#links.on(link).map(({ envelope }) => formatMessage(envelope.message));
  }

  timeout(id: number): void {
    const server = this.#needed(id);
    const ms = server.electionInMs;
    if (ms === undefined)
      throw new ScenarioProblem(
        `server ${id} leads and has no election timeout; use \`heartbeat\` or \`wait\``,
      );
    if (ms === Infinity)
      throw new ScenarioProblem(`server ${id} is a learner and has no election timeout; use \`wait\``);
    server.wait(ms);
  }

  heartbeat(id: number): void {
    const server = this.#needed(id);
    if (server.state.standing.role !== 'leader') throw new ScenarioProblem(`server ${id} does not lead`);
    server.wait(this.#options.config.heartbeatIntervalMs);
  }

  wait(id: number, ms: number): void {
    this.#needed(id).wait(ms);
  }

  propose(id: number, values: readonly string[]): void {
    const server = this.#needed(id);
    const { standing, currentTerm, log } = server.state;
    if (standing.role !== 'leader') throw new ScenarioProblem(`server ${id} does not lead`);
    const commands = values.map((value) => bytesOf(value));
    for (const [offset, command] of commands.entries()) {
      this.#commands.set(
        `${log.lastIndex + 1 + offset}/${currentTerm}`,
        new CommandEntry(currentTerm, command),
      );
    }
    server.receive({ kind: 'propose', commands });
  }

  deliver(link: Link, pick: Pick): void {
    this.#deliver(this.#links.find(link, pick));
  }

  /** Each message that is in flight now, once; or all messages and those that they cause, until none is in flight. */
  deliverMany(toQuiet: boolean, among: readonly number[]): void {
    const isAmong = ({ link }: InTransit): boolean =>
      among.length === 0 || (among.includes(link.from) && among.includes(link.to));
    if (!toQuiet) {
      for (const message of this.#links.on()) if (isAmong(message)) this.#deliver(message);
      return;
    }
    for (let count = 0; count < mostDeliveries; count += 1) {
      const next = this.#links.on().find(isAmong);
      if (next === undefined) return;
      this.#deliver(next);
    }
    throw new ScenarioProblem(`the servers still send after ${mostDeliveries} messages`);
  }

  drop(link: Link, pick: Pick | 'all'): void {
    const lost = pick === 'all' ? this.#links.on(link) : [this.#links.find(link, pick)];
    for (const message of lost) this.#lose(message);
  }

  dropAll(): void {
    for (const message of this.#links.on()) this.#lose(message);
  }

  /** Puts a copy behind all messages on the link. */
  duplicate(link: Link, pick: Pick): void {
    const { envelope } = this.#links.find(link, pick);
    this.#links.put(link.from, envelope);
    this.#options.tell(`${link.from} -> ${link.to}  ${formatMessage(envelope.message)}`);
  }

  /** Drops the message, and reports the loss to its sender. */
  unreachable(link: Link, pick: Pick): void {
    const message = this.#links.find(link, pick);
    this.#lose(message);
    const { ticket } = message.envelope;
    this.#needed(link.from).receive({ kind: 'unreachable', peer: link.to, ticket });
  }

  /** A hand-made message arrives at once, before those on the link. */
  send({ from, to }: Link, text: string): void {
    const message = readMessage(text, {
      from: this.#known(from),
      entry: (index, sketch) => this.#entry(index, sketch),
      snapshot: (index, term) => snapshotOf(index, term),
      round: this.#latestRound(from, to),
    });
    this.#arrive({ from, to }, { kind: 'message', from, message });
  }

  /** The service of a server wants to read. */
  read(id: number, readId: number): void {
    this.#needed(id).read(readId);
  }

  transfer(id: number, to: number | undefined): void {
    this.#needed(id).receive({ kind: 'transfer', to });
  }

  crash(id: number): void {
    const server = this.#servers[this.#known(id)];
    if (server === undefined) throw new ScenarioProblem(`server ${id} is already down`);
    // Waiting writes are lost.
    this.#stored[id] = server.disk.stored;
    this.#servers[id] = undefined;
    this.#watch.onCrash(id);
    this.#options.tell(`${id}       is down`);
  }

  restart(id: number): void {
    if (this.#servers[this.#known(id)] !== undefined)
      throw new ScenarioProblem(`server ${id} is not down; \`crash ${id}\` first`);
    const server = this.#start(id);
    this.#options.tell(`${id}       ${formatState(server.state)}`);
  }

  slowDisk(id: number): void {
    this.#needed(id).disk.isSlow = true;
  }

  finishWrites(id: number, isOne: boolean): void {
    const server = this.#needed(id);
    if (server.disk.pendingCount === 0) throw new ScenarioProblem(`server ${id} has no waiting write`);
    server.finishWrites(isOne);
  }

  reportDurable(id: number, point: DurablePoint): void {
    this.#needed(id).reportDurable(point);
  }

  snapshot(id: number, index: LogIndex): void {
    const { data } = snapshotOf(index, 0);
    this.#needed(id).receive({ kind: 'compact', lastIncludedIndex: index, data });
  }

  /** Of the last request from the leader `to` to its follower `from`: what a hand-made reply answers. */
  #latestRound(from: number, to: number): number {
    const standing = this.running(to)?.state.standing;
    const ticket = standing?.role === 'leader' ? standing.progress.get(from)?.ticket : undefined;
    return ticket ?? 1;
  }

  #deliver(message: InTransit): void {
    this.#links.remove(message);
    const { link, envelope } = message;
    this.#arrive(link, { kind: 'message', from: link.from, message: envelope.message });
  }

  #arrive({ from, to }: Link, input: Extract<Input, { kind: 'message' }>): void {
    const server = this.running(to);
    const arrival = `${to} <- ${from}  ${formatMessage(input.message)}`;
    this.#options.tell(server === undefined ? `${arrival} is lost: the server is down` : arrival);
    server?.receive(input);
  }

  #lose(message: InTransit): void {
    this.#links.remove(message);
    const { link, envelope } = message;
    this.#options.tell(`${link.from} -> ${link.to}  ${formatMessage(envelope.message)} is lost`);
  }

  #start(id: number): ScenarioServer {
    const stored = this.#stored[id] ?? nothingStored;
    const life = (this.#lives[id] ?? 0) + 1;
    this.#lives[id] = life;
    const { config, membership, begin, tell } = this.#options;
    const server = new ScenarioServer({
      options: {
        me: id,
        membership,
        config,
        random: Random.fromSeed(`server ${id} life ${life}`),
      },
      begin,
      stored,
      observer: this.#watch.observe(id, { load: () => stored }),
      send: (envelope) => this.#links.put(id, envelope),
      tell,
    });
    this.#servers[id] = server;
    return server;
  }

  #known(id: number): number {
    const last = this.#servers.length - 1;
    if (id > last) throw new ScenarioProblem(`there is no server ${id}; valid: 0 to ${last}`);
    return id;
  }

  #needed(id: number): ScenarioServer {
    const server = this.running(id);
    if (server === undefined) throw new ScenarioProblem(`server ${id} is down`);
    return server;
  }

  #storedAtFirst({ log, snapshot, term, votedFor }: InitialServer): StoredState {
    const entries = log.map((sketch, offset) => this.#entry(offset + 1, sketch));
    return {
      hardState: { currentTerm: term ?? log.at(-1)?.term ?? 0, votedFor },
      snapshot: snapshot > 0 ? snapshotOf(snapshot, log[snapshot - 1]?.term ?? 0) : undefined,
      entries: entries.slice(snapshot),
    };
  }

  /** The command that was proposed with this index and term, or one from before the scenario; or an entry of another kind. */
  #entry(index: LogIndex, { term, kind }: EntrySketch): LogEntry {
    const place = `${index}/${term}`;
    switch (kind) {
      case 'noop':
        return new NoopEntry(term);
      case 'configuration':
        return new ConfigurationEntry(term, bytesOf(place));
      case 'command': {
        const command = this.#commands.get(place) ?? new CommandEntry(term, bytesOf(place));
        this.#commands.set(place, command);
        return command;
      }
    }
  }

  /**
   * Entries that an initial snapshot covers were chosen before the scenario began: the watch is given a server that committed
   * them.
   */
  #tellWatchWhatSnapshotsCover(): void {
    const { initial, membership, config } = this.#options;
    const [furthest] = [...initial.entries()].toSorted(([, a], [, b]) => b.snapshot - a.snapshot);
    if (furthest === undefined || furthest[1].snapshot === 0) return;
    const [me, { log, snapshot }] = furthest;
    const covered = log.slice(0, snapshot);
    const entries = covered.map((sketch, offset) => this.#entry(offset + 1, sketch));
    const { state } = RaftCore.begin({
      me,
      membership,
      config,
      random: Random.fromSeed('before'),
      stored: {
        hardState: { currentTerm: covered.at(-1)?.term ?? 0, votedFor: null },
        snapshot: undefined,
        entries,
      },
      now: 0,
    });
    const committed = { ...state, commitIndex: snapshot, lastApplied: snapshot };
    const nothing = {
      persist: undefined,
      send: [],
      sendAfterPersist: [],
      apply: [],
      roleChange: undefined,
      reads: [],
      transferEnded: undefined,
      lostLog: undefined,
      stage: undefined,
      wakeAt: Infinity,
    };
    this.#watch.observe(me, { load: () => undefined }).onStep?.({ kind: 'tick' }, nothing, committed);
  }
}

// Scenarios contain only ASCII text.
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function snapshotOf(lastIncludedIndex: LogIndex, lastIncludedTerm: Term): Snapshot {
  return { lastIncludedIndex, lastIncludedTerm, data: bytesOf(`state after ${lastIncludedIndex}`) };
}

// Runs a scenario file and returns its text with a transcript under each command. The file is its own golden: a scenario passes
// if nothing failed and the resulting text equals the file.
import { Membership } from '@raftlab/protocol';
import { RaftCore, type CoreOptions } from '@raftlab/raft-core';
import type { Command, InitialServer } from './command.ts';
import { checkExpectation, type Expectation } from './expectations.ts';
import { readCommand } from './read-command.ts';
import { ScenarioCluster } from './scenario-cluster.ts';
import { scenarioConfig } from './scenario-config.ts';
import { ScenarioError, ScenarioProblem } from './scenario-error.ts';
import type { ScenarioCore } from './scenario-server.ts';
import { joinScenario, splitScenario } from './scenario-text.ts';

/** Options of a scenario. */
export interface ScenarioOptions {
  /** The core that the servers run; RaftCore by default. */
  readonly begin?: (options: CoreOptions) => ScenarioCore;
}

/** The result of a scenario: its text with the transcript, and the failure. */
export interface ScenarioResult {
  /** The file with the new transcript; from the failed command on, the old text. */
  readonly text: string;
  /** The first command that could not be parsed or carried out, check that failed, or invariant that was violated. */
  readonly failure: ScenarioError | undefined;
}

/** `file` is the file name in failures. */
export function runScenario(file: string, content: string, options: ScenarioOptions = {}): ScenarioResult {
  const lines = splitScenario(content);
  const run = new ScenarioRun(options.begin ?? RaftCore.begin.bind(RaftCore));
  for (const [offset, line] of lines.entries()) {
    if (line.kind === 'text') continue;
    const transcript: string[] = [];
    let failure: ScenarioError | undefined;
    try {
      run.perform(readCommand(line.text), transcript);
    } catch (error) {
      if (!(error instanceof ScenarioProblem)) throw error;
      failure = new ScenarioError(file, line.number, error.message + run.describe());
    }
    if (failure !== undefined) return { text: joinScenario(lines), failure };
    lines[offset] = { ...line, transcript };
  }
  try {
    run.end();
  } catch (error) {
    if (!(error instanceof ScenarioProblem)) throw error;
    return { text: joinScenario(lines), failure: new ScenarioError(file, lines.length, error.message) };
  }
  return { text: joinScenario(lines), failure: undefined };
}

type SetUp = Extract<
  Command,
  { kind: 'servers' | 'noops' | 'pre-votes' | 'lease-reads' | 'limit' | 'server' }
>;

/** Commands that change the servers. */
type Happening = Exclude<Command, SetUp | Expectation | { kind: 'expect-error' | 'briefly' }>;

const mostServers = 9;

/** A running scenario: first the servers are set up, then commands are carried out. */
class ScenarioRun {
  readonly #begin: (options: CoreOptions) => ScenarioCore;
  #config = scenarioConfig;
  #initial: InitialServer[] = [];
  #learners: readonly number[] = [];
  #cluster: ScenarioCluster | undefined;
  #transcript: string[] = [];
  /** Errors that stopped a server and that no check has expected yet, by server. */
  readonly #unexplained = new Map<number, string>();
  readonly #explained = new Set<string>();

  constructor(begin: (options: CoreOptions) => ScenarioCore) {
    this.#begin = begin;
  }

  perform(command: Command, transcript: string[]): void {
    if (command.kind !== 'briefly') this.#transcript = transcript;
    switch (command.kind) {
      case 'servers':
      case 'noops':
      case 'pre-votes':
      case 'lease-reads':
      case 'limit':
      case 'server':
        this.#setUp(command);
        break;
      case 'briefly': {
        const whole: string[] = [];
        this.perform(command.command, whole);
        transcript.push(...abridge(whole));
        break;
      }
      case 'expect-error':
        this.#expectError(command.text);
        break;
      case 'expect-server':
      case 'expect-progress':
      case 'expect-no-message':
      case 'expect-message':
      case 'expect-read':
        this.end();
        checkExpectation(command, this.#begun());
        break;
      case 'timeout':
      case 'heartbeat':
      case 'wait':
      case 'propose':
      case 'deliver':
      case 'deliver-many':
      case 'drop':
      case 'drop-all':
      case 'duplicate':
      case 'unreachable':
      case 'send':
      case 'read':
      case 'transfer':
      case 'crash':
      case 'restart':
      case 'disk-slow':
      case 'disk-done':
      case 'disk-reports':
      case 'snapshot':
        this.end();
        this.#happen(command, this.#begun());
        if (transcript.length === 0 && command.kind !== 'disk-slow') transcript.push('nothing happens');
        this.#notice();
    }
  }

  /** Fails if an error is left that the scenario does not expect. */
  end(): void {
    const [error] = this.#unexplained.values();
    if (error !== undefined)
      throw new ScenarioProblem(`a server stopped, and no \`expect error\` follows: ${error}`);
  }

  describe(): string {
    return this.#cluster === undefined ? '' : `\n${this.#cluster.describe()}`;
  }

  #setUp(command: SetUp): void {
    if (this.#cluster !== undefined)
      throw new ScenarioProblem('servers must be set up before the first event');
    switch (command.kind) {
      case 'servers':
        if (command.count < 1 || command.count > mostServers)
          throw new ScenarioProblem(`${command.count} servers; valid: 1 to ${mostServers}`);
        checkLearners(command);
        this.#learners = command.learners;
        this.#initial = Array.from({ length: command.count }, () => ({
          log: [],
          snapshot: 0,
          term: undefined,
          votedFor: null,
        }));
        break;
      case 'noops':
        this.#config = { ...this.#config, appendsNoop: true };
        break;
      case 'pre-votes':
        this.#config = { ...this.#config, preVote: true };
        break;
      case 'lease-reads':
        this.#config = { ...this.#config, preVote: true, leaseReads: { maxClockDriftRatio: 0.25 } };
        break;
      case 'limit': {
        if (command.value < 1) throw new ScenarioProblem('a limit is at least 1');
        const name = command.setting === 'window' ? 'maxInflightMessages' : 'maxEntriesPerMessage';
        this.#config = { ...this.#config, [name]: command.value };
        break;
      }
      case 'server': {
        const { server, initial } = command;
        if (server >= this.#initial.length)
          throw new ScenarioProblem(`there is no server ${server}; \`servers\` sets the number of servers`);
        checkInitial(initial);
        this.#initial[server] = initial;
        break;
      }
    }
  }

  #begun(): ScenarioCluster {
    if (this.#initial.length === 0)
      throw new ScenarioProblem('a scenario must begin with `servers` and their number');
    const servers = [...this.#initial.keys()];
    const voters = servers.filter((server) => !this.#learners.includes(server));
    this.#cluster ??= new ScenarioCluster({
      config: this.#config,
      membership: new Membership(voters, this.#learners),
      initial: this.#initial,
      begin: this.#begin,
      tell: (line) => this.#transcript.push(line),
    });
    return this.#cluster;
  }

  #happen(command: Happening, cluster: ScenarioCluster): void {
    switch (command.kind) {
      case 'timeout':
        cluster.timeout(command.server);
        break;
      case 'heartbeat':
        cluster.heartbeat(command.server);
        break;
      case 'wait':
        cluster.wait(command.server, command.ms);
        break;
      case 'propose':
        cluster.propose(command.server, command.values);
        break;
      case 'deliver':
        cluster.deliver(command.link, command.pick);
        break;
      case 'deliver-many':
        cluster.deliverMany(command.toQuiet, command.among);
        break;
      case 'drop':
        cluster.drop(command.link, command.pick);
        break;
      case 'drop-all':
        cluster.dropAll();
        break;
      case 'duplicate':
        cluster.duplicate(command.link, command.pick);
        break;
      case 'unreachable':
        cluster.unreachable(command.link, command.pick);
        break;
      case 'send':
        cluster.send(command.link, command.message);
        break;
      case 'read':
        cluster.read(command.server, command.id);
        break;
      case 'transfer':
        cluster.transfer(command.server, command.to);
        break;
      case 'crash':
        cluster.crash(command.server);
        break;
      case 'restart':
        cluster.restart(command.server);
        break;
      case 'disk-slow':
        cluster.slowDisk(command.server);
        break;
      case 'disk-done':
        cluster.finishWrites(command.server, command.isOne);
        break;
      case 'disk-reports': {
        const { server, term, lastLogIndex, lastLogTerm } = command;
        cluster.reportDurable(server, { currentTerm: term, lastLogIndex, lastLogTerm });
        break;
      }
      case 'snapshot':
        cluster.snapshot(command.server, command.index);
        break;
    }
  }

  /** Checks for violated invariants and for servers that stopped in the last command. */
  #notice(): void {
    const cluster = this.#begun();
    if (cluster.violation !== undefined) throw new ScenarioProblem(cluster.violation.message);
    for (const server of this.#initial.keys()) {
      const error = cluster.errorOf(server);
      if (error !== undefined && !this.#explained.has(error)) this.#unexplained.set(server, error);
    }
  }

  #expectError(text: string): void {
    for (const [server, error] of this.#unexplained) {
      if (!error.includes(text)) continue;
      this.#unexplained.delete(server);
      this.#explained.add(error);
      return;
    }
    const found = [...this.#unexplained.values()].join('; ') || 'none';
    throw new ScenarioProblem(`expected an error with "${text}"; found: ${found}`);
  }
}

/** Keeps the last state of each server and its last progress of each other server; failures are always kept. */
function abridge(transcript: readonly string[]): string[] {
  const last = new Map<string, string>();
  for (const line of transcript) {
    const [topic] = /^\d {7}(?:is |knows \d|stops)/.exec(line) ?? [];
    if (topic === undefined) continue;
    last.delete(topic);
    last.set(topic, line);
  }
  return last.size === 0 ? ['no state changes'] : [...last.values()].toSorted();
}

function checkLearners({ count, learners }: Extract<Command, { kind: 'servers' }>): void {
  const unknown = learners.find((server) => server >= count);
  if (unknown !== undefined)
    throw new ScenarioProblem(`there is no server ${unknown}; valid learners: 0 to ${count - 1}`);
  if (new Set(learners).size !== learners.length)
    throw new ScenarioProblem(`a learner is listed twice: ${learners.join(' ')}`);
  if (learners.length === count)
    throw new ScenarioProblem(`every server is a learner; at least one must vote`);
}

function checkInitial({ log, snapshot, term }: InitialServer): void {
  if (snapshot > log.length)
    throw new ScenarioProblem(`the snapshot covers ${snapshot} entries, but the log lists ${log.length}`);
  if (log.some(({ kind }) => kind === 'configuration'))
    throw new ScenarioProblem(
      'a server cannot start with a configuration: the core rejects it (send one instead)',
    );
  const isRising = log.every(({ term: entryTerm }, offset) => {
    return entryTerm >= 1 && entryTerm >= (log[offset - 1]?.term ?? 1);
  });
  if (!isRising)
    throw new ScenarioProblem('the terms of a log start at 1 or more and never decrease (Figure 2)');
  if (term !== undefined && term < (log.at(-1)?.term ?? 0))
    throw new ScenarioProblem('an entry cannot have a later term than the current one');
}

// One server of a scenario: the core, its disk and its own clock, and a transcript of everything that leaves the core.
// Outputs are honoured in the order in which the peer honours them.
import type { Persister } from '@raftlab/persister';
import {
  AssertionError,
  type CoreOptions,
  type DurablePoint,
  type Envelope,
  type Input,
  type Outputs,
  type RaftState,
} from '@raftlab/raft-core';
import type { ServerObserver } from '@raftlab/invariants';
import { formatMessage } from './message-text.ts';
import { ScenarioDisk } from './scenario-disk.ts';
import { ScenarioProblem } from './scenario-error.ts';
import { formatApplied, formatKnowledge, formatState, formatWrite } from './state-text.ts';

/** What a scenario needs of a core; RaftCore has it, and so has a core that a test has broken. */
export interface ScenarioCore {
  readonly state: RaftState;
  step(input: Input, now: number): Outputs;
}

export interface ServerSurroundings {
  readonly options: Omit<CoreOptions, 'stored' | 'now'>;
  readonly begin: (options: CoreOptions) => ScenarioCore;
  readonly persister: Persister;
  readonly observer: ServerObserver;
  /** Puts a message on its link. */
  readonly send: (envelope: Envelope) => void;
  /** One line of the transcript. */
  readonly tell: (line: string) => void;
}

/** A turn that goes on longer than this would never end. */
const mostStepsPerTurn = 100;

/** Input takes a moment: so a timer that is reset shows. */
const inputTakesMs = 1;

export class ScenarioServer {
  readonly id: number;
  readonly disk: ScenarioDisk;
  readonly #core: ScenarioCore;
  readonly #around: ServerSurroundings;
  /** Every server has a clock of its own, which stands still except in its commands: Raft is safe however they run. */
  #now = 0;
  #inputs: Input[] = [];
  #error: AssertionError | undefined;
  #shown: readonly string[];

  constructor(around: ServerSurroundings) {
    this.#around = around;
    this.id = around.options.me;
    this.#core = around.begin({ ...around.options, stored: around.persister.load(), now: this.#now });
    this.disk = new ScenarioDisk(around.persister, {
      onDurable: (batch) => {
        if (this.disk.isSlow) this.#tell(`has persisted ${formatWrite(batch)}`);
        around.observer.onDurable(batch);
      },
      tell: (point) => this.#inputs.push({ kind: 'persisted', ...point }),
    });
    around.observer.onBegin?.(this.#core.state);
    this.#shown = this.#description();
  }

  get state(): RaftState {
    return this.#core.state;
  }

  /** The broken rule that stopped this server. */
  get error(): AssertionError | undefined {
    return this.#error;
  }

  /** A moment later this happens, with all that follows from it in the same turn. */
  receive(input: Input): void {
    this.#now += inputTakesMs;
    this.#turn(input);
  }

  /** Time passes here, and the server is woken once, at the end. */
  wait(ms: number): void {
    this.#now += ms;
    this.#turn({ kind: 'tick' });
  }

  /** How long until this server begins an election, in ms: Infinity for a learner; undefined for a leader. */
  get electionInMs(): number | undefined {
    const { standing } = this.state;
    return standing.role === 'leader' ? undefined : Math.max(standing.electionDeadline - this.#now, 0);
  }

  /** Writes that wait become durable: the oldest, or all, and all later ones at once. */
  finishWrites(isOne: boolean): void {
    this.#now += inputTakesMs;
    if (isOne) {
      this.disk.finishNext();
    } else {
      while (this.disk.pendingCount > 0) this.disk.finishNext();
      this.disk.isSlow = false;
    }
    this.#turn();
  }

  /** Storage tells something that it was not asked for. */
  reportDurable(point: DurablePoint): void {
    this.receive({ kind: 'persisted', ...point });
  }

  #turn(input?: Input): void {
    if (input !== undefined) this.#inputs.push(input);
    let stepCount = 0;
    let wakeAt = Infinity;
    try {
      for (;;) {
        const next = this.#inputs.shift() ?? (wakeAt <= this.#now ? { kind: 'tick' as const } : undefined);
        if (next === undefined) break;
        wakeAt = this.#step(next);
        stepCount += 1;
        if (stepCount > mostStepsPerTurn)
          throw new ScenarioProblem(`server ${this.id}: the turn does not end`);
      }
      this.#showState();
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      this.#error = error;
      this.#tell(`stops: ${error.message}`);
    }
  }

  #step(input: Input): number {
    const deadlineBefore = this.#electionDeadline();
    const outputs = this.#core.step(input, this.#now);
    this.#around.observer.onStep?.(input, outputs, this.state);
    if (outputs.roleChange !== undefined) {
      this.#tell(`becomes ${outputs.roleChange.role} in term ${outputs.roleChange.term}`);
    }
    const deadline = this.#electionDeadline();
    if (deadline !== undefined && deadline !== deadlineBefore) this.#tell('restarts its election timer');
    this.#carryOut(outputs);
    return outputs.wakeAt;
  }

  #carryOut({ persist, send, sendAfterPersist, apply }: Outputs): void {
    if (persist !== undefined) {
      this.#tell(`${this.disk.isSlow ? 'begins to write' : 'persists'} ${formatWrite(persist.batch)}`);
      this.disk.write(persist);
    }
    for (const envelope of send) this.#send(envelope);
    for (const envelope of sendAfterPersist) {
      const isSent = this.disk.whenDurable(() => this.#send(envelope));
      if (!isSent) this.#tell(`holds back for ${envelope.to}: ${formatMessage(envelope.message)}`);
    }
    for (const applicable of apply) this.#tell(`applies ${formatApplied(applicable)}`);
  }

  #send(envelope: Envelope): void {
    this.#around.observer.onSend?.(envelope);
    this.#around.tell(`${this.id} -> ${envelope.to}  ${formatMessage(envelope.message)}`);
    this.#around.send(envelope);
  }

  #electionDeadline(): number | undefined {
    const { standing } = this.state;
    return standing.role === 'leader' ? undefined : standing.electionDeadline;
  }

  #showState(): void {
    const lines = this.#description();
    for (const line of lines) if (!this.#shown.includes(line)) this.#tell(line);
    this.#shown = lines;
  }

  #description(): readonly string[] {
    return [formatState(this.state), ...formatKnowledge(this.state)];
  }

  #tell(what: string): void {
    this.#around.tell(`${this.id}       ${what}`);
  }
}

// One server of a scenario: the core and its driver, its disk and its own clock, and a transcript of the outputs of the core.
import {
  AssertionError,
  Driver,
  type CoreOptions,
  type DurablePoint,
  type Envelope,
  type Input,
  type Outputs,
  type RaftState,
  type Steppable,
} from '@raftlab/raft-core';
import type { StoredState } from '@raftlab/storage';
import type { ServerObserver } from '@raftlab/invariants';
import { formatMessage } from './message-text.ts';
import { ScenarioDisk } from './scenario-disk.ts';
import { ScenarioProblem } from './scenario-error.ts';
import { formatApplied, formatKnowledge, formatState, formatWrite } from './state-text.ts';

/** The interface of a core that a scenario needs: RaftCore has it, and so do the broken cores of tests. */
export interface ScenarioCore extends Steppable {
  readonly state: RaftState;
}

export interface ServerSurroundings {
  readonly options: Omit<CoreOptions, 'stored' | 'now'>;
  readonly begin: (options: CoreOptions) => ScenarioCore;
  /** The content of its disk when it starts. */
  readonly stored: StoredState;
  readonly observer: ServerObserver;
  /** Puts a message on its link. */
  readonly send: (envelope: Envelope) => void;
  /** One line of the transcript. */
  readonly tell: (line: string) => void;
}

/** A turn with more steps than this is considered endless. */
const mostStepsPerTurn = 100;

/** Every input takes a moment, so that the restart of a timer is visible. */
const inputTakesMs = 1;

export class ScenarioServer {
  readonly id: number;
  readonly disk: ScenarioDisk;
  readonly state: RaftState;
  readonly #driver: Driver;
  readonly #around: ServerSurroundings;
  /** Every server has its own clock, which advances only in commands for it: Raft is safe for any clocks. */
  #now = 0;
  /** Reports of the disk that were not yet passed on. */
  readonly #inputs: Input[] = [];
  #wakeAt = Infinity;
  #stepCount = 0;
  #electionDeadline: number | undefined;
  #error: AssertionError | undefined;
  /** By number: how each read of this server has ended, or `waits`. */
  readonly #reads = new Map<number, string>();
  /** Of the present step: the messages that wait for the disk. */
  #waiting: readonly Envelope[] = [];
  #shown: readonly string[];

  constructor(around: ServerSurroundings) {
    this.#around = around;
    this.id = around.options.me;
    const core = around.begin({ ...around.options, stored: around.stored, now: this.#now });
    this.state = core.state;
    this.#electionDeadline = this.#deadline();
    this.disk = new ScenarioDisk(around.stored, {
      onDurable: (batch) => {
        if (this.disk.isSlow) this.#tell(`has persisted ${formatWrite(batch)}`);
        around.observer.onDurable(batch);
      },
      tell: (point) => this.#inputs.push({ kind: 'persisted', ...point }),
    });
    this.#driver = new Driver(core, {
      now: () => this.#now,
      onStep: (input, outputs) => this.#onStep(input, outputs),
      write: (persist) => {
        this.#tell(`${this.disk.isSlow ? 'begins to write' : 'persists'} ${formatWrite(persist.batch)}`);
        this.disk.write(persist);
      },
      whenDurable: (action) => this.#whenDurable(action),
      send: (envelope) => this.#send(envelope),
      apply: (applicable) => this.#tell(`applies ${formatApplied(applicable)}`),
      wakeAt: (time) => void (this.#wakeAt = time),
    });
    around.observer.onBegin?.(this.state);
    this.#shown = this.#description();
  }

  /** The message of the assertion that stopped this server. */
  get error(): AssertionError | undefined {
    return this.#error;
  }

  /** Carries out an event a moment later, with everything that follows from it in the same turn. */
  receive(input: Input): void {
    this.#now += inputTakesMs;
    this.#turn(input);
  }

  /** The service wants to read. */
  read(id: number): void {
    this.#reads.set(id, 'waits');
    this.receive({ kind: 'read', id });
  }

  /** `waits`, `at 3`, or why it was refused; undefined for a read that has not begun. */
  outcomeOf(id: number): string | undefined {
    return this.#reads.get(id);
  }

  /** Time passes at this server, which receives one tick, at the end. */
  wait(ms: number): void {
    this.#now += ms;
    this.#turn({ kind: 'tick' });
  }

  /** The time until this server starts an election, in ms: Infinity for a learner; undefined for a leader. */
  get electionInMs(): number | undefined {
    const { standing } = this.state;
    return standing.role === 'leader' ? undefined : Math.max(standing.electionDeadline - this.#now, 0);
  }

  /** Waiting writes become durable: the oldest, or all, and later ones at once. */
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

  /** Storage makes a report without a write. */
  reportDurable(point: DurablePoint): void {
    this.receive({ kind: 'persisted', ...point });
  }

  #turn(input?: Input): void {
    if (input !== undefined) this.#inputs.push(input);
    this.#stepCount = 0;
    this.#wakeAt = Infinity;
    try {
      for (;;) {
        const next =
          this.#inputs.shift() ?? (this.#wakeAt <= this.#now ? { kind: 'tick' as const } : undefined);
        if (next === undefined) break;
        this.#driver.step(next);
      }
      this.#showState();
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      this.#error = error;
      this.#driver.close();
      this.#tell(`stops: ${error.message}`);
    }
  }

  #onStep(input: Input, outputs: Outputs): void {
    this.#around.observer.onStep?.(input, outputs, this.state);
    const { roleChange } = outputs;
    if (roleChange !== undefined) this.#tell(`becomes ${roleChange.role} in term ${roleChange.term}`);
    this.#showReads(outputs);
    const deadline = this.#deadline();
    if (deadline !== undefined && deadline !== this.#electionDeadline)
      this.#tell('restarts its election timer');
    this.#electionDeadline = deadline;
    this.#waiting = outputs.sendAfterPersist;
    this.#stepCount += 1;
    if (this.#stepCount > mostStepsPerTurn)
      throw new ScenarioProblem(`server ${this.id}: the turn does not end`);
  }

  #showReads({ reads, transferEnded }: Outputs): void {
    for (const outcome of reads) {
      const text = outcome.kind === 'ready' ? `at ${outcome.readIndex}` : outcome.reason;
      this.#reads.set(outcome.id, text);
      this.#tell(`read ${outcome.id}: ${text}`);
    }
    if (transferEnded !== undefined) this.#tell(`transfer: ${transferEnded}`);
  }

  #whenDurable(action: () => void): void {
    if (this.disk.whenDurable(action)) return;
    for (const { to, message } of this.#waiting)
      this.#tell(`holds back for ${to}: ${formatMessage(message)}`);
  }

  #send(envelope: Envelope): void {
    this.#around.observer.onSend?.(envelope);
    this.#around.tell(`${this.id} -> ${envelope.to}  ${formatMessage(envelope.message)}`);
    this.#around.send(envelope);
  }

  #deadline(): number | undefined {
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

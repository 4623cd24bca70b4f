// Passes every event of a cluster's servers to the invariants, and reports the first violation with the state of all servers at
// that moment.
import type { LogIndex, Membership, ServerId } from '@raftlab/protocol';
import type { StoredState } from '@raftlab/storage';
import type { RaftState } from '@raftlab/raft-core';
import { DurableImage, Ghost } from './ghost.ts';
import { allInvariants } from './all-invariants.ts';
import type { ServerObserver } from './server-observer.ts';
import { asBefore, Violation, type Before, type Invariant } from './invariant.ts';

/** A property of Raft is violated. The message has the property, the violation, and the state of all servers. */
export class InvariantViolation extends Error {
  override readonly name: string = 'InvariantViolation';
  readonly property: string;
  /** The server whose event violates it. */
  readonly server: ServerId;

  constructor(invariant: Invariant, { found, server, servers }: Finding) {
    super(
      `${invariant.name} is violated: ${found}\n  expected: ${invariant.statement} (${invariant.source})\n${servers}`,
    );
    this.property = invariant.name;
    this.server = server;
  }
}

interface Finding {
  readonly found: string;
  readonly server: ServerId;
  /** The state of all servers at that moment, as a table. */
  readonly servers: string;
}

/** Checks the invariants of one cluster at every step, message and durable write. */
export class ClusterWatch {
  readonly #ghost: Ghost;
  readonly #invariants: readonly Invariant[];
  readonly #onStart: Checks<Invariant['onStart']>;
  readonly #onStep: Checks<Invariant['onStep']>;
  readonly #onSend: Checks<Invariant['onSend']>;
  readonly #onDurable: Checks<Invariant['onDurable']>;
  readonly #onDeliver: Checks<Invariant['onDeliver']>;
  readonly #onViolation: (violation: InvariantViolation) => void;
  /** Of the running servers. */
  readonly #states = new Map<ServerId, RaftState>();
  /** Counts the starts and crashes of each server: a write from before a crash does not reach the storage. */
  readonly #lives = new Map<ServerId, number>();

  constructor(
    membership: Membership,
    onViolation: (violation: InvariantViolation) => void,
    invariants: readonly Invariant[] = allInvariants(),
  ) {
    this.#ghost = new Ghost(membership);
    this.#onViolation = onViolation;
    this.#invariants = invariants;
    this.#onStart = checksOf(invariants, ({ onStart }) => onStart);
    this.#onStep = checksOf(invariants, ({ onStep }) => onStep);
    this.#onSend = checksOf(invariants, ({ onSend }) => onSend);
    this.#onDurable = checksOf(invariants, ({ onDurable }) => onDurable);
    this.#onDeliver = checksOf(invariants, ({ onDeliver }) => onDeliver);
  }

  /** The last index that any server has seen committed. */
  get lastChosenIndex(): LogIndex {
    return this.#ghost.lastChosenIndex;
  }

  /** Before a server starts from the content of `storage`. */
  observe(server: number, storage: { load(): StoredState | undefined }): ServerObserver {
    const life = this.#beginLife(server);
    let before: Before | undefined;
    return {
      onBegin: (state) => {
        // Decoded only now: an implementation that never calls onBegin may persist bytes in a format of its own.
        this.#ghost.durable.set(server, new DurableImage(storage.load()));
        this.#states.set(server, state);
        before = asBefore(state);
        this.#check(server, this.#onStart, (check) => check(server, state, this.#ghost));
      },
      onStep: (input, outputs, state) => {
        this.#choose(state);
        const event = { server, input, outputs, state, before: before ?? asBefore(state) };
        this.#check(server, this.#onStep, (check) => check(event, this.#ghost));
        before = asBefore(state, before);
      },
      onSend: (envelope) =>
        this.#check(server, this.#onSend, (check) => check(server, envelope, this.#ghost)),
      onDurable: (batch) => {
        if (this.#lives.get(server) !== life) return;
        this.#ghost.imageOf(server).apply(batch);
        this.#check(server, this.#onDurable, (check) => check(server, batch, this.#ghost));
      },
      onDeliver: (message) => {
        if (this.#lives.get(server) !== life) return;
        this.#check(server, this.#onDeliver, (check) => check(server, message, this.#ghost));
      },
    };
  }

  onCrash(server: number): void {
    this.#states.delete(server);
    this.#beginLife(server);
  }

  /**
   * Whether a crashed server can lose its storage without the cluster losing anything: every other voter has stored all its
   * entries and its term, and no server is candidate in that term, for whom it might vote a second time.
   */
  isSpare(server: ServerId): boolean {
    const image = this.#ghost.imageOf(server);
    const { currentTerm } = image.hardState;
    const lastTerm = image.termAt(image.lastIndex) ?? 0;
    for (const voter of this.#ghost.membership.voters) {
      if (voter === server) continue;
      const other = this.#ghost.imageOf(voter);
      if (other.hardState.currentTerm < currentTerm || !other.holds(image.lastIndex, lastTerm)) return false;
      const state = this.#states.get(voter);
      if (state?.standing.role === 'candidate' && state.currentTerm === currentTerm) return false;
    }
    return true;
  }

  /** A crashed server has lost its storage, or some of it. What it promised before cannot be expected of it any more. */
  onWiped(server: ServerId): void {
    this.#ghost.wipedIn.set(server, this.#ghost.imageOf(server).hardState.currentTerm);
    this.#ghost.durable.set(server, new DurableImage());
    for (const invariant of this.#invariants) invariant.onWiped?.(server);
  }

  #beginLife(server: number): number {
    const life = (this.#lives.get(server) ?? 0) + 1;
    this.#lives.set(server, life);
    return life;
  }

  /** The servers as a table, one line each. */
  describe(): string {
    const lines = this.#ghost.membership.members.map((server) => {
      const state = this.#states.get(server);
      const { hardState } = this.#ghost.imageOf(server);
      const durable = `durable: term ${hardState.currentTerm}, vote ${hardState.votedFor ?? '-'}`;
      if (state === undefined) return `  server ${server}  crashed    ${durable}`;
      const { standing, currentTerm, votedFor, commitIndex, log } = state;
      return (
        `  server ${server}  ${standing.role.padEnd(9)}  term ${currentTerm}, vote ${votedFor ?? '-'}, ` +
        `commitIndex ${commitIndex}, ${log.describe()}; ${durable}`
      );
    });
    return lines.join('\n');
  }

  /** An entry is chosen when the first server commits it. */
  #choose(state: RaftState): void {
    const { chosen } = this.#ghost;
    for (let index = chosen.length; index <= state.commitIndex; index += 1) {
      const { log, currentTerm } = state;
      // A server that is the first to commit entries covered by its own snapshot has broken a rule.
      const term = log.termAt(index) ?? -1;
      chosen[index] = { term, kind: log.entryAt(index)?.kind, committedInTerm: currentTerm };
    }
  }

  /** Reports the first check that fails: what fails after it may follow from it. */
  #check<Check>(
    server: ServerId,
    { invariants, checks }: Checks<Check>,
    run: (check: NonNullable<Check>) => void,
  ): void {
    let offset = 0;
    try {
      for (const check of checks) {
        run(check);
        offset += 1;
      }
    } catch (error) {
      const invariant = invariants[offset];
      if (!(error instanceof Violation) || invariant === undefined) throw error;
      const finding = { found: error.message, server, servers: this.describe() };
      this.#onViolation(new InvariantViolation(invariant, finding));
    }
  }
}

/**
 * The checks of one kind of event, and the invariant of each. They are taken out of their invariants because a list of functions
 * is walked several times faster than one of objects with many shapes, and there are many events.
 */
interface Checks<Check> {
  readonly invariants: readonly Invariant[];
  readonly checks: ReadonlyArray<NonNullable<Check>>;
}

function checksOf<Check>(all: readonly Invariant[], checkOf: (invariant: Invariant) => Check): Checks<Check> {
  const invariants: Invariant[] = [];
  const checks: Array<NonNullable<Check>> = [];
  for (const invariant of all) {
    const check = checkOf(invariant);
    if (check === undefined || check === null) continue;
    invariants.push(invariant);
    checks.push(check);
  }
  return { invariants, checks };
}

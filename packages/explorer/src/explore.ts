// Breadth-first exploration of all actions of servers, network and clients within bounds, with the production core. Every
// property is checked on every transition, so the first violation is a shortest one.
import type { Message } from '@raftlab/protocol';
import { RaftCore } from '@raftlab/raft-core';
import { completeBounds, type ExplorerBounds } from './bounds.ts';
import { ClusterSpace, type ClusterAction } from './cluster-space.ts';
import type { BeginCore } from './explored-core.ts';
import { FingerprintSet } from './fingerprint-set.ts';
import { GrowingInts } from './growing-ints.ts';
import { PropertyViolation } from './property-violation.ts';
import { StateChecks } from './state-checks.ts';
import { Trail } from './trail.ts';
import { describeAction, transcribe } from './transcript.ts';

/** Options of an exploration. */
export interface ExplorerOptions {
  /** The exploration ends, incomplete, when it has found this many states. */
  readonly maxStates?: number;
  /** How a server starts: RaftCore.begin, except in tests of the explorer. */
  readonly begin?: BeginCore;
}

/** Counters of an exploration in progress. */
export interface ExplorerProgress {
  /** Distinct states, those that differ by a renaming of the servers counted once. */
  readonly states: number;
  /** The number of transitions between states. */
  readonly transitions: number;
  /** The number of actions after which the states now being expanded are reached. */
  readonly depth: number;
}

/** The first property that does not hold, with a shortest path to the state in which it fails. */
export interface ExplorerViolation {
  readonly property: string;
  readonly message: string;
  /** A shortest path to it, one line for each action. */
  readonly transcript: readonly string[];
}

/** The result of an exploration. */
export interface ExplorerReport extends ExplorerProgress {
  readonly bounds: ExplorerBounds;
  /** Whether every state within the bounds was visited. */
  readonly isComplete: boolean;
  readonly violation: ExplorerViolation | undefined;
  /** The number of distinct states of single servers, of distinct messages, and of steps that were taken for them. */
  readonly serverStates: number;
  readonly messages: number;
  readonly coreActions: number;
  /** Coverage: the kinds of messages that occurred, and the maximum number of chosen entries. */
  readonly messageKinds: readonly Message['kind'][];
  readonly mostChosen: number;
  /** Memory of the tables of states at the end, in bytes. */
  readonly sizeBytes: number;
}

/** Explores every state within the bounds, or up to the first violation. Throws a RangeError for an invalid bound. */
export function explore(bounds: Partial<ExplorerBounds> = {}, options: ExplorerOptions = {}): ExplorerReport {
  const steps = exploreInSteps(bounds, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, a few thousand states at a time, so that the caller can show progress or stop. */
export function* exploreInSteps(
  bounds: Partial<ExplorerBounds> = {},
  { maxStates = Infinity, begin = (core) => RaftCore.begin(core) }: ExplorerOptions = {},
): Generator<ExplorerProgress, ExplorerReport> {
  const exploration = new Exploration(completeBounds(bounds), begin);
  const expandedPerStep = 4096;
  for (let expanded = 1; exploration.expandNext(); expanded += 1) {
    if (exploration.progress.states >= maxStates) break;
    if (expanded % expandedPerStep === 0) yield exploration.progress;
  }
  return exploration.report();
}

class Exploration {
  readonly #bounds: ExplorerBounds;
  readonly #space: ClusterSpace;
  readonly #checks: StateChecks;
  readonly #seen = new FingerprintSet();
  readonly #trail = new Trail();
  readonly #fingerprint = new Int32Array(2);
  /** The states of one depth in order, and the states reached from them. */
  #level: GrowingInts<Int32Array> = newLevel();
  #nextLevel: GrowingInts<Int32Array> = newLevel();
  /** The state that is expanded next: its position in the level, and its number. */
  #place = 0;
  #number = 0;
  #depth = 0;
  #transitions = 0;
  /** The states reached from the one that is being expanded. */
  #ordinal = 0;
  #action: ClusterAction | undefined;
  #violation: ExplorerViolation | undefined;

  constructor(bounds: ExplorerBounds, begin: BeginCore) {
    this.#bounds = bounds;
    this.#space = new ClusterSpace(bounds, begin);
    this.#checks = new StateChecks(this.#space.servers, this.#space.ghosts, this.#space.membership);
    const first = this.#space.first();
    this.#space.fingerprint(first, this.#fingerprint);
    this.#addFingerprint();
    this.#trail.add(0, 0);
    this.#level.append(first);
  }

  get progress(): ExplorerProgress {
    return { states: this.#seen.size, transitions: this.#transitions, depth: this.#depth };
  }

  /** Returns false if there is no state left to expand, or a property was violated. */
  expandNext(): boolean {
    if (this.#violation !== undefined) return false;
    const { width } = this.#space;
    if (this.#place === this.#level.length) {
      if (this.#nextLevel.length === 0) return false;
      const finished = this.#level;
      this.#level = this.#nextLevel;
      this.#nextLevel = finished;
      finished.length = 0;
      this.#place = 0;
      this.#depth += 1;
    }
    this.#ordinal = 0;
    try {
      const state = this.#level.values.subarray(this.#place, this.#place + width);
      this.#space.expand(state, this.#visit, this.#onAction);
    } catch (error) {
      if (!(error instanceof PropertyViolation)) throw error;
      this.#violation = this.#explain(error);
      return false;
    }
    this.#place += width;
    this.#number += 1;
    return true;
  }

  report(): ExplorerReport {
    const { servers, ghosts } = this.#space;
    const isDone = this.#place === this.#level.length && this.#nextLevel.length === 0;
    return {
      ...this.progress,
      bounds: this.#bounds,
      isComplete: isDone && this.#violation === undefined,
      violation: this.#violation,
      serverStates: servers.servers.count,
      messages: servers.messages.count,
      coreActions: servers.transitionCount,
      messageKinds: [...new Set(servers.messages.all.map(({ message }) => message.kind))].toSorted(),
      mostChosen: Math.max(...ghosts.ghosts.all.map(({ chosen }) => chosen.length)),
      sizeBytes:
        this.#seen.sizeBytes +
        this.#trail.sizeBytes +
        this.#level.values.byteLength +
        this.#nextLevel.values.byteLength,
    };
  }

  readonly #onAction = (action: ClusterAction): void => {
    this.#action = action;
  };

  readonly #visit = (state: Int32Array, { actor }: ClusterAction): void => {
    this.#transitions += 1;
    this.#space.fingerprintVisited(state, this.#fingerprint);
    if (this.#addFingerprint()) {
      this.#checks.check(state, actor, this.#space.ghostOf(state));
      this.#trail.add(this.#number, this.#ordinal);
      this.#nextLevel.append(state);
    }
    this.#ordinal += 1;
  };

  /** Returns whether the state is new. */
  #addFingerprint(): boolean {
    return this.#seen.add(this.#fingerprint[0] ?? 0, this.#fingerprint[1] ?? 0);
  }

  #explain({ property, message }: PropertyViolation): ExplorerViolation {
    const { lines } = transcribe(this.#space, this.#trail.ordinalsTo(this.#number));
    const last = this.#action === undefined ? '' : describeAction(this.#space, this.#action);
    return {
      property,
      message,
      transcript: [...lines, `${lines.length + 1}. ${last}  ${property} is violated: ${message}`],
    };
  }
}

function newLevel(): GrowingInts<Int32Array> {
  return new GrowingInts((length) => new Int32Array(length));
}

// Turns the reports of our own peer to its observer into changes of state. A peer without an observer has none.
import type { WriteBatch } from '@raftlab/storage';
import type { LogChange, ProgressChange, StateChange } from './trace-event.ts';
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import type { RaftLog, RaftObserver, RaftState } from '@raftlab/raft-core';
import type { ChangingState, Recorder } from './recorder.ts';
import { runsOf } from './traced-cluster.ts';

/** For one life of one server. `onTold`: the peer has begun to tell. */
export function stateObserver(recorder: Recorder, server: ServerId, onTold?: () => void): RaftObserver {
  let known: KnownState | undefined;
  const begin = (): ChangingState => recorder.recordState(server);
  return {
    onBegin(state) {
      onTold?.();
      known = new KnownState(begin, state);
      Object.assign(begin(), wholeState(state));
    },
    onStep(_input, { persist }, state) {
      known ??= new KnownState(begin, state);
      known.recordChanges(state, persist?.batch);
    },
  };
}

/** What was told of a server. Asked after every step, most of which change nothing: it makes nothing for those. */
class KnownState {
  readonly #begin: () => ChangingState;
  #role: RaftState['standing']['role'];
  #term: Term;
  #votedFor: RaftState['votedFor'];
  #commitIndex: LogIndex;
  #lastApplied: LogIndex;
  #lastIncludedIndex: LogIndex;
  #lastIndex: LogIndex;
  /** Of this leadership, by follower. */
  #progress = new Map<ServerId, ProgressChange>();

  /** `begin`: a change begins, and is filled in. */
  constructor(
    begin: () => ChangingState,
    { standing, currentTerm, votedFor, commitIndex, lastApplied, log }: RaftState,
  ) {
    this.#begin = begin;
    this.#role = standing.role;
    this.#term = currentTerm;
    this.#votedFor = votedFor;
    this.#commitIndex = commitIndex;
    this.#lastApplied = lastApplied;
    this.#lastIncludedIndex = log.lastIncludedIndex;
    this.#lastIndex = log.lastIndex;
  }

  /** `batch`: what the step has handed to storage. */
  recordChanges(state: RaftState, batch: WriteBatch | undefined): void {
    const { standing, currentTerm, votedFor, commitIndex, lastApplied, log } = state;
    let change: ChangingState | undefined;
    if (standing.role !== this.#role) {
      change = this.#begin();
      change.role = this.#role = standing.role;
      this.#progress = new Map();
    }
    if (currentTerm !== this.#term) (change ??= this.#begin()).term = this.#term = currentTerm;
    if (votedFor !== this.#votedFor) (change ??= this.#begin()).votedFor = this.#votedFor = votedFor;
    if (commitIndex !== this.#commitIndex) {
      (change ??= this.#begin()).commitIndex = this.#commitIndex = commitIndex;
    }
    if (lastApplied !== this.#lastApplied) {
      (change ??= this.#begin()).lastApplied = this.#lastApplied = lastApplied;
    }
    if (log.lastIncludedIndex !== this.#lastIncludedIndex) {
      change ??= this.#begin();
      change.lastIncludedIndex = this.#lastIncludedIndex = log.lastIncludedIndex;
      change.lastIncludedTerm = log.lastIncludedTerm;
    }
    const logChange = this.#logChange(log, batch);
    if (logChange !== undefined) (change ??= this.#begin()).log = logChange;
    const progress = this.#progressChanges(standing);
    if (progress !== undefined) (change ?? this.#begin()).progress = progress;
  }

  /** What storage is told of the log is what has changed of it. Where that is not so, a rule is broken: all is told. */
  #logChange(log: RaftLog, batch: WriteBatch | undefined): LogChange | undefined {
    const written = batch?.log;
    const expected =
      written === undefined
        ? Math.max(this.#lastIndex, log.lastIncludedIndex)
        : written.firstIndex + written.entries.length - 1;
    this.#lastIndex = log.lastIndex;
    if (log.lastIndex !== expected) return wholeLog(log);
    if (written === undefined) return undefined;
    return { firstIndex: written.firstIndex, terms: runsOf(written.entries.map(({ term }) => term)) };
  }

  #progressChanges(standing: RaftState['standing']): ProgressChange[] | undefined {
    if (standing.role !== 'leader') return undefined;
    let changes: ProgressChange[] | undefined;
    for (const [server, { nextIndex, matchIndex }] of standing.progress) {
      const known = this.#progress.get(server);
      if (known?.nextIndex === nextIndex && known.matchIndex === matchIndex) continue;
      const change = { server, nextIndex, matchIndex };
      this.#progress.set(server, change);
      (changes ??= []).push(change);
    }
    return changes;
  }
}

function wholeState({
  standing,
  currentTerm,
  votedFor,
  commitIndex,
  lastApplied,
  log,
}: RaftState): StateChange {
  return {
    role: standing.role,
    term: currentTerm,
    votedFor,
    commitIndex,
    lastApplied,
    lastIncludedIndex: log.lastIncludedIndex,
    lastIncludedTerm: log.lastIncludedTerm,
    log: wholeLog(log),
  };
}

function wholeLog(log: RaftLog): LogChange {
  const terms: Term[] = [];
  for (let index = log.lastIncludedIndex + 1; index <= log.lastIndex; index += 1) {
    terms.push(log.termAt(index) ?? 0);
  }
  return { firstIndex: log.lastIncludedIndex + 1, terms: runsOf(terms) };
}

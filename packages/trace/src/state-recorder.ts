// Converts the reports of our own peer to its observer into state changes. A peer without an observer has none.
import type { WriteBatch } from '@raftlab/storage';
import type { LogChange, ProgressChange, StateChange } from './trace-event.ts';
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import type { RaftLog, RaftObserver, RaftState } from '@raftlab/raft-core';
import type { ChangingState, Recorder } from './recorder.ts';
import { runsOf } from './traced-cluster.ts';

/** For one server from a start to a crash. `onTold` is called when the peer makes its first report. */
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

/** The last reported state of a server, compared after every step. Most steps change nothing, so it allocates nothing for them. */
class KnownState {
  readonly #begin: () => ChangingState;
  #role: RaftState['standing']['role'];
  #term: Term;
  #votedFor: RaftState['votedFor'];
  #commitIndex: LogIndex;
  #lastApplied: LogIndex;
  #lastIncludedIndex: LogIndex;
  #lastIndex: LogIndex;
  /** In the present term as leader, by follower. */
  #progress = new Map<ServerId, ProgressChange>();

  /** `begin` starts a change, which is then filled in. */
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

  /** `batch` is the batch that the step persists. */
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

  /** The persisted part of the log is normally the part that changed. If not, a rule is broken, and the whole log is recorded. */
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

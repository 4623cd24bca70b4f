// Turns what our own peer tells its observer into changes of state. A peer that tells nothing has none.
import type { ProgressChange, ServerId, StateChange, Term } from '@raftlab/protocol';
import type { Outputs, RaftObserver, RaftState } from '@raftlab/raft-core';
import type { ServerObserver } from '../invariants/cluster-watch.ts';
import type { Recorder } from './recorder.ts';
import { runsOf } from './traced-cluster.ts';

/** Tells both what a server tells. */
export function bothObservers(
  watch: ServerObserver | undefined,
  record: RaftObserver | undefined,
): ServerObserver | undefined {
  if (record === undefined) return watch;
  return {
    onBegin(state) {
      watch?.onBegin?.(state);
      record.onBegin?.(state);
    },
    onStep(input, outputs, state) {
      // First, so that the record of a step that breaks a rule has the step.
      record.onStep?.(input, outputs, state);
      watch?.onStep?.(input, outputs, state);
    },
    onSend: (envelope) => watch?.onSend?.(envelope),
    onDurable: (batch) => watch?.onDurable(batch),
  };
}

type Plain = Required<Omit<StateChange, 'log' | 'progress'>>;

/** For one life of one server. `onTold`: the peer has begun to tell. */
export function stateObserver(recorder: Recorder, server: ServerId, onTold?: () => void): RaftObserver {
  let known: Plain | undefined;
  let knownProgress = new Map<ServerId, ProgressChange>();

  function tell(state: RaftState, log: StateChange['log']): void {
    const change = changesOf(state, known);
    const progress = changedProgress(state);
    if (change === undefined && log === undefined && progress === undefined) return;
    if (change !== undefined) known = plainOf(state);
    recorder.record({ kind: 'state', server, ...change, ...(log && { log }), ...(progress && { progress }) });
  }

  function changedProgress({ standing }: RaftState): ProgressChange[] | undefined {
    if (standing.role !== 'leader') {
      if (knownProgress.size > 0) knownProgress = new Map();
      return undefined;
    }
    let changed: ProgressChange[] | undefined;
    for (const [follower, { nextIndex, matchIndex }] of standing.progress) {
      const before = knownProgress.get(follower);
      if (before?.nextIndex === nextIndex && before.matchIndex === matchIndex) continue;
      const now = { server: follower, nextIndex, matchIndex };
      knownProgress.set(follower, now);
      (changed ??= []).push(now);
    }
    return changed;
  }

  return {
    onBegin(state) {
      onTold?.();
      tell(state, { firstIndex: state.log.lastIncludedIndex + 1, terms: termsOf(state) });
    },
    onStep: (_input, outputs, state) => tell(state, logChangeOf(outputs)),
  };
}

/** Called for every step, most of which change nothing: it makes nothing for those. */
function changesOf(state: RaftState, known: Plain | undefined): StateChange | undefined {
  if (known === undefined) return plainOf(state);
  const { log } = state;
  const isSame =
    known.term === state.currentTerm &&
    known.commitIndex === state.commitIndex &&
    known.lastApplied === state.lastApplied &&
    known.votedFor === state.votedFor &&
    known.role === state.standing.role &&
    known.lastIncludedIndex === log.lastIncludedIndex &&
    known.lastIncludedTerm === log.lastIncludedTerm;
  if (isSame) return undefined;
  const now = Object.entries(plainOf(state));
  return Object.fromEntries(now.filter(([name, value]) => Reflect.get(known, name) !== value));
}

function plainOf({ standing, currentTerm, votedFor, commitIndex, lastApplied, log }: RaftState): Plain {
  return {
    role: standing.role,
    term: currentTerm,
    votedFor,
    commitIndex,
    lastApplied,
    lastIncludedIndex: log.lastIncludedIndex,
    lastIncludedTerm: log.lastIncludedTerm,
  };
}

/** What storage is told of the log is what has changed of it. */
function logChangeOf({ persist }: Outputs): StateChange['log'] {
  if (persist?.log === undefined) return undefined;
  const { firstIndex, entries } = persist.log;
  return { firstIndex, terms: runsOf(entries.map(({ term }) => term)) };
}

function termsOf({ log }: RaftState): Array<[Term, number]> {
  const terms: Term[] = [];
  for (let index = log.lastIncludedIndex + 1; index <= log.lastIndex; index += 1) {
    terms.push(log.termAt(index) ?? 0);
  }
  return runsOf(terms);
}

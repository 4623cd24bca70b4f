// One server at one instant, and what each event does to it. What nobody has told is undefined: an implementation that
// says nothing of its state still starts, stalls and crashes.
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import { isServerEvent, type ProgressChange, type StateChange, type TraceEvent } from '@raftlab/trace/form';
import { changeLog, compactLog, type LogTerms } from './log-terms.ts';

export type Role = NonNullable<StateChange['role']>;

export interface ServerState {
  readonly life: 'not started' | 'up' | 'stalled' | 'down';
  /** The lab's switch: a server without any of its links. */
  readonly isConnected: boolean;
  /** To whom its messages do not get through, because that link is cut. */
  readonly cutTo: readonly ServerId[];
  readonly role: Role | undefined;
  readonly term: Term | undefined;
  readonly votedFor: ServerId | null | undefined;
  readonly commitIndex: LogIndex | undefined;
  readonly lastApplied: LogIndex | undefined;
  readonly lastIncludedIndex: LogIndex;
  readonly lastIncludedTerm: Term | undefined;
  readonly log: LogTerms | undefined;
  /** Of a leader: its followers, in order. */
  readonly progress: readonly ProgressChange[];
}

const volatileState = {
  role: undefined,
  term: undefined,
  votedFor: undefined,
  commitIndex: undefined,
  lastApplied: undefined,
  progress: [],
} as const;

export const notStarted: ServerState = {
  life: 'not started',
  isConnected: true,
  cutTo: [],
  lastIncludedIndex: 0,
  lastIncludedTerm: undefined,
  log: undefined,
  ...volatileState,
};

/** Puts a new state in the place of the one that the event changes. The states themselves never change. */
export function applyEvent(states: ServerState[], event: TraceEvent): void {
  if (!isServerEvent(event)) return;
  const change = (server: ServerId, changes: Partial<ServerState>): void => {
    states[server] = { ...(states[server] ?? notStarted), ...changes };
  };
  const cutTo = (server: ServerId): readonly ServerId[] => states[server]?.cutTo ?? [];
  switch (event.kind) {
    // The log stays: it is on storage, and the first `state` corrects it where it is not.
    case 'start':
      return change(event.server, { ...volatileState, life: 'up' });
    case 'crash':
      return change(event.server, { life: 'down', progress: [] });
    case 'pause':
      return change(event.server, { life: 'stalled' });
    case 'resume':
      return change(event.server, { life: 'up' });
    case 'connect':
      return change(event.server, { isConnected: true });
    case 'disconnect':
      return change(event.server, { isConnected: false });
    case 'cut':
      return change(event.from, { cutTo: [...new Set([...cutTo(event.from), event.to])].toSorted(byNumber) });
    case 'join':
      return change(event.from, { cutTo: cutTo(event.from).filter((to) => to !== event.to) });
    case 'state':
      states[event.server] = changeState(states[event.server] ?? notStarted, event);
      return;
  }
}

function changeState(state: ServerState, change: StateChange): ServerState {
  const role = change.role ?? state.role;
  const lastIncludedIndex = change.lastIncludedIndex ?? state.lastIncludedIndex;
  const log = change.log === undefined ? state.log : changeLog(state.log ?? [], change.log);
  const isNewReign = change.role !== undefined || change.term !== undefined;
  const known = isNewReign || role !== 'leader' ? [] : state.progress;
  return {
    ...state,
    role,
    term: change.term ?? state.term,
    votedFor: change.votedFor === undefined ? state.votedFor : change.votedFor,
    commitIndex: change.commitIndex ?? state.commitIndex,
    lastApplied: change.lastApplied ?? state.lastApplied,
    lastIncludedIndex,
    lastIncludedTerm: change.lastIncludedTerm ?? state.lastIncludedTerm,
    log: log === undefined ? undefined : compactLog(log, lastIncludedIndex),
    progress: change.progress === undefined ? known : mergeProgress(known, change.progress),
  };
}

function mergeProgress(
  known: readonly ProgressChange[],
  changed: readonly ProgressChange[],
): ProgressChange[] {
  const untouched = known.filter(({ server }) => !changed.some((other) => other.server === server));
  return [...untouched, ...changed].toSorted((a, b) => a.server - b.server);
}

function byNumber(a: number, b: number): number {
  return a - b;
}

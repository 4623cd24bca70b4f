// The state of one server at one time, and how each event changes it. State that was not recorded is undefined: traces of other
// implementations may contain only starts, stalls and crashes.
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import { isServerEvent, type ProgressChange, type StateChange, type TraceEvent } from '@raftlab/trace/form';
import { changeLog, compactLog, type LogTerms } from './log-terms.ts';

/** The role of a server in Raft. */
export type Role = NonNullable<StateChange['role']>;

/** What the trace contains about one server, up to some event. Immutable. */
export interface ServerState {
  /** The state of its process. */
  readonly life: 'not started' | 'up' | 'stalled' | 'down';
  /** False while the test has disconnected the server from all others. */
  readonly isConnected: boolean;
  /** The servers that its messages do not reach because that link is cut. */
  readonly cutTo: readonly ServerId[];
  readonly role: Role | undefined;
  readonly term: Term | undefined;
  readonly votedFor: ServerId | null | undefined;
  readonly commitIndex: LogIndex | undefined;
  readonly lastApplied: LogIndex | undefined;
  readonly lastIncludedIndex: LogIndex;
  readonly lastIncludedTerm: Term | undefined;
  readonly log: LogTerms | undefined;
  /** For a leader, what it knows about each follower, in order of their ids. Empty otherwise. */
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

/** The state of a server before its first start. */
export const notStarted: ServerState = {
  life: 'not started',
  isConnected: true,
  cutTo: [],
  lastIncludedIndex: 0,
  lastIncludedTerm: undefined,
  log: undefined,
  ...volatileState,
};

/** Replaces the state of the server that the event changes. The states themselves are not changed. */
export function applyEvent(states: ServerState[], event: TraceEvent): void {
  if (!isServerEvent(event)) return;
  const change = (server: ServerId, changes: Partial<ServerState>): void => {
    states[server] = { ...(states[server] ?? notStarted), ...changes };
  };
  const cutTo = (server: ServerId): readonly ServerId[] => states[server]?.cutTo ?? [];
  switch (event.kind) {
    // The log is kept, since it is on storage. If it was not, the first `state` event corrects it.
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
  const isNewLeadership = change.role !== undefined || change.term !== undefined;
  const known = isNewLeadership || role !== 'leader' ? [] : state.progress;
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

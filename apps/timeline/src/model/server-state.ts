// The state of one server at one time, and how each event changes it. State that was not recorded is undefined. An implementation that does
// not report its state has the role and the term that its messages prove, and those that the tester was told.
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import { isServerEvent, type ProgressChange, type StateChange, type TraceEvent } from '@raftlab/trace/form';
import { changeLog, compactLog, type LogTerms } from './log-terms.ts';
import { evidenceOf, type Message } from './message-evidence.ts';

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
  /** Whether the server reports every change of its state. */
  readonly isReporting: boolean;
  /** When role and term were seen last, in ms of the run; undefined while the server reports every change. */
  readonly asOf: number | undefined;
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
  isReporting: false,
  asOf: undefined,
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
  if (event.kind === 'send') {
    const state = states[event.from];
    if (state !== undefined) states[event.from] = learnFrom(state, event);
    return;
  }
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
      states[event.server] = changeState(states[event.server] ?? notStarted, event, event.at);
      return;
  }
}

function changeState(state: ServerState, change: StateChange, at: number): ServerState {
  const isReporting = state.isReporting || change.log !== undefined || change.commitIndex !== undefined;
  const isSeen = change.role !== undefined || change.term !== undefined;
  // From outside a candidate cannot be told from a follower, but its messages have shown that it is one.
  const isCandidate = !isReporting && state.role === 'candidate' && change.term === state.term;
  const role = isCandidate && change.role === 'follower' ? state.role : (change.role ?? state.role);
  const lastIncludedIndex = change.lastIncludedIndex ?? state.lastIncludedIndex;
  const log = change.log === undefined ? state.log : changeLog(state.log ?? [], change.log);
  const isNewLeadership = change.role !== undefined || change.term !== undefined;
  const known = isNewLeadership || role !== 'leader' ? [] : state.progress;
  return {
    ...state,
    isReporting,
    asOf: isReporting ? undefined : isSeen ? at : state.asOf,
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

/** The state of the sender, with what the message proves. The same object if that is nothing new. */
function learnFrom(state: ServerState, message: Message): ServerState {
  if (state.isReporting || state.life !== 'up') return state;
  const evidence = evidenceOf(message);
  // A message of an earlier term was begun before the server has changed its term.
  if (evidence === undefined || evidence.term < (state.term ?? 0)) return state;
  const { term, role, votedFor } = evidence;
  const isNewTerm = term !== state.term;
  return {
    ...state,
    term,
    // A server that has taken a higher term from a message follows (§5.1).
    role: role ?? (isNewTerm ? 'follower' : state.role),
    votedFor: votedFor ?? (isNewTerm ? undefined : state.votedFor),
    asOf: message.at,
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

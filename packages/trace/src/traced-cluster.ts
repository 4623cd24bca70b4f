// The state of the cluster according to the events so far, so that a record can begin in the middle of a run.
import {
  isServerEvent,
  type ProgressChange,
  type ServerEvent,
  type StateChange,
  type TraceEvent,
} from './trace-event.ts';
import type { Term } from '@raftlab/protocol';

interface TracedServer {
  life: 'not started' | 'up' | 'paused' | 'down';
  /** Undefined before the first event about it. */
  isConnected: boolean | undefined;
  state: StateChange;
  /** Terms of the entries after the snapshot; undefined before the first event about them. */
  log: Term[] | undefined;
  progress: Map<number, ProgressChange>;
}

export class TracedCluster {
  readonly #servers: TracedServer[];
  readonly #cut = new Map<string, { from: number; to: number }>();
  /** Messages with lower numbers have been sent. */
  nextMessageId = 0;
  #network: string | undefined;
  #step: string | undefined;

  constructor(serverCount: number) {
    this.#servers = Array.from({ length: serverCount }, () => ({
      life: 'not started',
      isConnected: undefined,
      state: {},
      log: undefined,
      progress: new Map(),
    }));
  }

  apply(event: TraceEvent): void {
    if (isServerEvent(event)) this.#applyToServers(event);
    else if (event.kind === 'network') this.#network = event.text;
    else if (event.kind === 'step') this.#step = event.text;
    else if (event.kind === 'send') this.nextMessageId = event.id + 1;
  }

  #applyToServers(event: ServerEvent): void {
    switch (event.kind) {
      case 'start':
        this.#change(event.server, { life: 'up', state: {}, log: undefined, progress: new Map() });
        break;
      case 'crash':
        // The last known state stays visible.
        this.#change(event.server, { life: 'down', progress: new Map() });
        break;
      case 'pause':
      case 'resume':
        this.#change(event.server, { life: event.kind === 'pause' ? 'paused' : 'up' });
        break;
      case 'connect':
      case 'disconnect':
        this.#change(event.server, { isConnected: event.kind === 'connect' });
        break;
      case 'cut':
        this.#cut.set(`${event.from} to ${event.to}`, { from: event.from, to: event.to });
        break;
      case 'join':
        this.#cut.delete(`${event.from} to ${event.to}`);
        break;
      case 'state':
        this.#changeState(event);
        break;
    }
  }

  /** Events at the time `at` that lead from the initial state to the present one. */
  restate(at: number): TraceEvent[] {
    const events: TraceEvent[] = [];
    if (this.#network !== undefined) events.push({ kind: 'network', at, text: this.#network });
    for (const [id, server] of this.#servers.entries()) {
      const { life, isConnected } = server;
      if (isConnected !== undefined) {
        events.push({ kind: isConnected ? 'connect' : 'disconnect', at, server: id });
      }
      if (life === 'up' || life === 'paused') events.push({ kind: 'start', at, server: id });
      const state = wholeState(server);
      if (Object.keys(state).length > 0) events.push({ kind: 'state', at, server: id, ...state });
      if (life === 'paused') events.push({ kind: 'pause', at, server: id });
      if (life === 'down') events.push({ kind: 'crash', at, server: id });
    }
    for (const link of this.#cut.values()) events.push({ kind: 'cut', at, ...link });
    if (this.#step !== undefined) events.push({ kind: 'step', at, text: this.#step });
    return events;
  }

  #change(id: number, change: Partial<TracedServer>): void {
    const server = this.#servers[id];
    if (server !== undefined) Object.assign(server, change);
  }

  #changeState({
    at: _at,
    kind: _kind,
    server: id,
    log,
    progress,
    ...plain
  }: TraceEvent & { kind: 'state' }): void {
    const server = this.#servers[id];
    if (server === undefined) return;
    const { lastIncludedIndex: base = 0, role } = server.state;
    const { lastIncludedIndex = base } = plain;
    server.log?.splice(0, lastIncludedIndex - base);
    server.state = { ...server.state, ...plain };
    if (plain.role !== undefined && plain.role !== role) server.progress.clear();
    for (const each of progress ?? []) server.progress.set(each.server, each);
    if (log === undefined) return;
    const terms = (server.log ??= []);
    terms.length = log.firstIndex - lastIncludedIndex - 1;
    for (const [term, count] of log.terms) for (let n = 0; n < count; n += 1) terms.push(term);
  }
}

function wholeState({ state, log, progress }: TracedServer): StateChange {
  return {
    ...state,
    ...(log !== undefined && {
      log: { firstIndex: (state.lastIncludedIndex ?? 0) + 1, terms: runsOf(log) },
    }),
    ...(progress.size > 0 && { progress: [...progress.values()] }),
  };
}

/** Runs of equal terms, in order. */
export function runsOf(terms: Iterable<Term>): Array<[Term, number]> {
  const runs: Array<[Term, number]> = [];
  for (const term of terms) {
    const last = runs.at(-1);
    if (last?.[0] === term) last[1] += 1;
    else runs.push([term, 1]);
  }
  return runs;
}

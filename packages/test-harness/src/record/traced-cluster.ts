// The cluster as the events so far describe it, so that a record can begin in the middle of a run.
import type { ProgressChange, StateChange, Term, TraceEvent } from '@raftlab/protocol';

interface TracedServer {
  isRunning: boolean;
  isPaused: boolean;
  isConnected: boolean;
  state: StateChange;
  /** Terms of the entries after the snapshot point. */
  log: Term[];
  progress: Map<number, ProgressChange>;
}

export class TracedCluster {
  readonly #servers: TracedServer[];
  readonly #cut = new Map<string, { from: number; to: number }>();
  /** Messages below this have left. */
  nextMessageId = 0;
  #network: string | undefined;
  #step: string | undefined;

  constructor(serverCount: number) {
    this.#servers = Array.from({ length: serverCount }, () => ({
      isRunning: false,
      isPaused: false,
      isConnected: false,
      state: {},
      log: [],
      progress: new Map(),
    }));
  }

  apply(event: TraceEvent): void {
    switch (event.kind) {
      case 'start':
      case 'crash':
        this.#change(event.server, {
          isRunning: event.kind === 'start',
          isPaused: false,
          state: {},
          log: [],
          progress: new Map(),
        });
        break;
      case 'pause':
      case 'resume':
        this.#change(event.server, { isPaused: event.kind === 'pause' });
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
      case 'network':
        this.#network = event.text;
        break;
      case 'step':
        this.#step = event.text;
        break;
      case 'state':
        this.#changeState(event);
        break;
      case 'send':
        this.nextMessageId = event.id + 1;
        break;
      case 'receive':
      case 'lose':
      case 'propose':
      case 'apply':
      case 'log':
      case 'failure':
        break;
    }
  }

  /** Events at the time `at` that lead from nothing to what is known. */
  restate(at: number): TraceEvent[] {
    const events: TraceEvent[] = [];
    if (this.#network !== undefined) events.push({ kind: 'network', at, text: this.#network });
    for (const [id, server] of this.#servers.entries()) {
      if (server.isConnected) events.push({ kind: 'connect', at, server: id });
      if (!server.isRunning) continue;
      events.push(
        { kind: 'start', at, server: id },
        { kind: 'state', at, server: id, ...wholeState(server) },
      );
      if (server.isPaused) events.push({ kind: 'pause', at, server: id });
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
    server.log.splice(0, lastIncludedIndex - base);
    server.state = { ...server.state, ...plain };
    if (plain.role !== undefined && plain.role !== role) server.progress.clear();
    for (const each of progress ?? []) server.progress.set(each.server, each);
    if (log === undefined) return;
    server.log.length = log.firstIndex - lastIncludedIndex - 1;
    for (const [term, count] of log.terms) for (let n = 0; n < count; n += 1) server.log.push(term);
  }
}

function wholeState({ state, log, progress }: TracedServer): StateChange {
  return {
    ...state,
    log: { firstIndex: (state.lastIncludedIndex ?? 0) + 1, terms: runsOf(log) },
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

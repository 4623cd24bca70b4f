// A campaign as a recorded run, for the page of a failure: servers, faults, who led, and the operations on one key.
/** @typedef {import('@raftlab/trace').TraceEvent} TraceEvent */
/** @typedef {import('./judge.mjs').Failure} Failure */

/** Servers of the campaign count from 1, lanes of the page from 0. @param {number} server */
const laneOf = (server) => server - 1;

export class Timeline {
  beganAt;
  #now;
  /** @type {TraceEvent[]} */
  #events = [];

  /** @param {() => number} now */
  constructor(now) {
    this.#now = now;
    this.beganAt = now();
  }

  /**
   * @param {{ kind: 'start' | 'crash' | 'pause' | 'resume', server: number } | { kind: 'cut' | 'join', from: number, to: number }} event
   */
  onServer(event) {
    const at = this.#at(this.#now());
    if ('server' in event) this.#events.push({ kind: event.kind, at, server: laneOf(event.server) });
    else this.#events.push({ kind: event.kind, at, from: laneOf(event.from), to: laneOf(event.to) });
  }

  /** @param {import('./schedule.mjs').Fault} fault */
  onFault({ kind, order, lastsMs }) {
    this.#events.push({
      kind: 'step',
      at: this.#at(this.#now()),
      text: `${kind} for ${lastsMs} ms, servers ${order.join(', ')}`,
    });
  }

  /** @param {ReadonlyMap<number, import('@raftlab/kv').ServerReport>} reports */
  onReports(reports) {
    for (const [server, { role, term, commitIndex, lastApplied }] of reports)
      this.#events.push({
        kind: 'state',
        at: this.#at(this.#now()),
        server: laneOf(server),
        role,
        term,
        commitIndex,
        lastApplied,
      });
  }

  /** @param {string} problem */
  onProblem(problem) {
    this.#events.push({ kind: 'failure', at: this.#at(this.#now()), name: 'campaign', message: problem });
  }

  /**
   * The run with the operations of the failure, as a trace.
   * @param {Failure | undefined} failure
   * @param {{ title: string, seed: number, servers: number, replay: string }} header
   * @returns {import('@raftlab/trace').TraceFile}
   */
  trace(failure, { title, seed, servers, replay }) {
    const events = [...this.#events, ...(failure === undefined ? [] : this.#operationsOf(failure))];
    return {
      format: 'raftlab-trace',
      version: 1,
      title,
      implementation: 'raftlab kv serve',
      seed,
      mode: 'real',
      replay,
      servers,
      outcome: 'failed',
      droppedEvents: 0,
      events: events.toSorted((one, other) => one.at - other.at),
    };
  }

  /** @param {Failure} failure @returns {TraceEvent[]} */
  #operationsOf({ operations, unplaced }) {
    /** @type {TraceEvent[]} */
    const events = [];
    const inOrder = operations.toSorted((one, other) => one.callAt - other.callAt);
    /** @type {number[]} */
    const ids = [];
    for (const [id, { id: known, client, input, output, callAt, returnAt }] of inOrder.entries()) {
      if (unplaced.includes(known)) ids.push(id);
      const value = 'value' in input ? ` ${input.value}` : '';
      events.push({
        kind: 'call',
        at: this.#at(callAt),
        client: Number(client),
        id,
        text: `${input.kind} ${input.key}${value}`,
      });
      if (returnAt !== undefined)
        events.push({ kind: 'return', at: this.#at(returnAt), id, text: JSON.stringify(output) });
    }
    events.push({ kind: 'unplaced', at: this.#at(this.#now()), ids });
    return events;
  }

  /** In ms since the campaign began. @param {number} time */
  #at(time) {
    return Math.max(0, Math.round((time - this.beganAt) * 1000) / 1000);
  }
}

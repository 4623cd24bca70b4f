// A campaign as a recorded run, for the page of a failure: servers, faults, who led, and the operations on one key.
/** @typedef {import('@raftlab/trace').TraceEvent} TraceEvent */
/** @typedef {import('./judge.mjs').Failure} Failure */

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
    this.#events.push({ ...event, at: this.#at(this.#now()) });
  }

  /** @param {import('./schedule.mjs').Fault} fault */
  onFault({ kind, order, lastsMs }) {
    this.#events.push({
      kind: 'step',
      at: this.#at(this.#now()),
      text: `${kind} for ${lastsMs} ms, servers ${order.join(', ')}`,
    });
  }

  /** A server has another role or term than before. @param {number} server @param {import('@raftlab/kv').ServerReport} report */
  onReport(server, { role, term, commitIndex, lastApplied }) {
    this.#events.push({
      kind: 'state',
      at: this.#at(this.#now()),
      server,
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

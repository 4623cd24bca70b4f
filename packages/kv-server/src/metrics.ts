// The metrics of a server in the form of Prometheus. They are read from the status when they are asked for.
import type { Clock } from '@raftlab/runtime';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { CallDurations } from './latencies.ts';
import type { StatusDocument } from './status-document.ts';

const prefix = 'raftlab_kv_';

/** All metrics of one server. */
export interface ServerMetrics {
  readonly registry: Registry;
  readonly durations: CallDurations;
}

type Reading = (status: StatusDocument) => number;

const gauges: Readonly<Record<string, readonly [help: string, read: Reading]>> = {
  up: ['1 while the peer runs.', ({ report }) => Number(report.life === 'running')],
  is_leader: ['1 on the server that leads.', ({ report }) => Number(report.role === 'leader')],
  has_leader: ['1 while a leader is known.', ({ report }) => Number(report.leaderId !== null)],
  term: ['The current term.', ({ report }) => report.term],
  commit_index: ['The highest index that is known to be committed.', ({ report }) => report.commitIndex],
  applied_index: ['The highest index that the store has.', ({ report }) => report.lastApplied],
  last_log_index: ['The last index of the log.', ({ report }) => report.log.lastIndex],
  snapshot_index: ['The last index that the snapshot covers.', ({ report }) => report.log.snapshotIndex],
  keys: ['Keys in the store.', ({ report }) => report.keyCount],
  pending_calls: ['Commands and reads that have not ended.', ({ report }) => report.pendingCount],
};

const counters: Readonly<Record<string, readonly [help: string, read: Reading]>> = {
  elections_started_total: [
    'How often this server became a candidate.',
    ({ counters: raft }) => raft.electionsStarted,
  ],
  terms_led_total: ['How often this server became leader.', ({ counters: raft }) => raft.termsLed],
  stalls_total: ['How often nothing ran for an election timeout.', ({ counters: raft }) => raft.stalls.count],
  lost_logs_total: ['Followers that have lost acknowledged entries.', ({ counters: raft }) => raft.lostLogs],
  transfers_started_total: [
    'Transfers of leadership that this server began.',
    ({ counters: raft }) => raft.transfers.started,
  ],
  transfers_completed_total: [
    'Transfers after which another server led.',
    ({ counters: raft }) => raft.transfers.completed,
  ],
  transfers_given_up_total: [
    'Transfers after which this server led on.',
    ({ counters: raft }) => raft.transfers.givenUp,
  ],
  messages_sent_total: ['Messages of Raft that were sent.', ({ network }) => network.counts.messagesSent],
  messages_received_total: ['Messages of Raft that came.', ({ network }) => network.counts.messagesReceived],
  messages_dropped_total: [
    'Messages dropped before they left.',
    ({ network }) => network.counts.messagesDropped,
  ],
  connections_accepted_total: ['Connections that were let in.', ({ network }) => network.counts.accepted],
  calls_busy_total: ['Calls refused because too many ran.', ({ network }) => network.counts.callsRefused],
  calls_denied_total: ['Calls that a client may not make.', ({ network }) => network.counts.callsDenied],
};

/** Metrics that are read within this time, in ms, are those of one moment: the status is made once for all of them. */
const sameScrapeMs = 50;

/** The metrics of a server whose status `status` returns. */
export function makeMetrics(status: () => StatusDocument, clock: Clock): ServerMetrics {
  const read = keptFor(sameScrapeMs, status, clock);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  for (const [name, [help, reading]] of Object.entries(gauges)) {
    // oxlint-disable-next-line no-new -- it registers itself
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers,
      collect() {
        this.set(reading(read()));
      },
    });
  }
  for (const [name, [help, reading]] of Object.entries(counters))
    addCounter({ name, help }, registry, reading);
  addByReason(registry, read);
  const durations = new CallDurations(`${prefix}call_seconds`);
  registry.registerMetric(durations);
  return { registry, durations };

  function addCounter(names: { name: string; help: string }, register: Registry, reading: Reading): void {
    // oxlint-disable-next-line no-new -- it registers itself
    new Counter({
      name: `${prefix}${names.name}`,
      help: names.help,
      registers: [register],
      collect() {
        this.reset();
        this.inc(reading(read()));
      },
    });
  }
}

function addByReason(registry: Registry, read: () => StatusDocument): void {
  const byReason = (
    name: string,
    help: string,
    counts: (status: StatusDocument) => Readonly<Record<string, number>>,
  ): void => {
    // oxlint-disable-next-line no-new -- it registers itself
    new Counter({
      name: `${prefix}${name}`,
      help,
      labelNames: ['reason'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(counts(read()))) this.inc({ reason }, count);
      },
    });
  };
  byReason(
    'connections_refused_total',
    'Connections that this server refused, by reason.',
    ({ network }) => network.counts.refused,
  );
  byReason(
    'connections_closed_total',
    'Connections that have ended, by reason.',
    ({ network }) => network.counts.closed,
  );
  byReason(
    'proposals_refused_total',
    'Proposals that Raft refused, by reason.',
    ({ counters: raft }) => raft.refusals,
  );
}

/** The same function, whose result is used again for a while. */
function keptFor<Value>(keptMs: number, make: () => Value, clock: Clock): () => Value {
  let kept: { readonly value: Value; readonly until: number } | undefined;
  return () => {
    const now = clock.now();
    if (kept === undefined || now >= kept.until) kept = { value: make(), until: now + keptMs };
    return kept.value;
  };
}

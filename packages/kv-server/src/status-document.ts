// The status of a server as one JSON document: for the page, for operators and for programs.
import type { ServerReport } from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import type { RaftCounters, Standing } from '@raftlab/raft-core';
import type { Clock } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { NetworkStatus } from '@raftlab/tcp';

/** What `/status.json` returns. Times are in ms. */
export interface StatusDocument {
  readonly cluster: string;
  readonly server: ServerId;
  /** running; stopping after SIGTERM; failed when the peer has stopped by itself. */
  readonly state: 'running' | 'stopping' | 'failed';
  readonly upMs: number;
  /** Where this server reaches each server of its cluster. */
  readonly peers: readonly { readonly server: ServerId; readonly address: string }[];
  readonly report: ServerReport;
  readonly counters: RaftCounters;
  readonly network: NetworkStatus;
  /** Calls of clients that have ended, for rates. */
  readonly callsEnded: number;
  /** The last changes of term, role or leader that this server has seen, newest first. */
  readonly elections: readonly ElectionRecord[];
}

/** A change of term, role or leader. */
export interface ElectionRecord {
  readonly term: number;
  /** Of this server. */
  readonly role: Standing['role'];
  readonly leaderId: ServerId | null;
  readonly msAgo: number;
}

/** So many changes are kept. */
const recordsMax = 20;

/** The last changes of a server's standing. */
export class ElectionLog {
  readonly #clock: Clock;
  readonly #records: { readonly at: number; readonly standing: Standing }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The standing has changed. */
  add(standing: Standing): void {
    this.#records.unshift({ at: this.#clock.now(), standing });
    this.#records.length = Math.min(this.#records.length, recordsMax);
    assert(this.#records.length >= 1, 'the last change is kept');
  }

  /** Newest first. */
  read(): ElectionRecord[] {
    const now = this.#clock.now();
    return this.#records.map(({ at, standing: { term, role, leaderId } }) => ({
      term,
      role,
      leaderId: leaderId ?? null,
      msAgo: Math.round(now - at),
    }));
  }
}

/** What readiness depends on. */
export interface Readiness extends Pick<StatusDocument, 'state'> {
  readonly report: Pick<ServerReport, 'life' | 'leaderId' | 'commitIndex' | 'lastApplied'>;
}

/** A server that has more committed entries to apply is not ready: one that has just started. */
const behindMax = 10_000;

/** Why the server is not ready for clients, in words; undefined when it is. */
export function unreadiness({ state, report }: Readiness): string | undefined {
  if (state !== 'running') return `the server is ${state}`;
  if (report.life !== 'running') return `the peer is ${report.life}`;
  if (report.leaderId === null) return 'no leader is known';
  const behind = report.commitIndex - report.lastApplied;
  return behind > behindMax ? `${behind} committed entries are not applied yet` : undefined;
}

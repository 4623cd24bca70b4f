// A state machine that executes each command of a session once. It is a state machine itself: its state is that of the service
// and the session table, and its commands are the entries of the log.
import type { LogPosition } from '@raftlab/raft-core';
import type { Codec } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import type { LogCommand, SessionId, SessionPoint } from './log-command.ts';
import { piecesOf, restoreStepsOf, type QueryableMachine } from './machine.ts';
import { SessionTable } from './session-table.ts';
import { decodeState, encodeStateHead } from './stored-state.ts';
import { joinPieces } from './snapshot-parts.ts';

/** What an entry of the log has done. */
export type Outcome<Result> =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'opened'; readonly session: SessionId }
  | { readonly kind: 'expired' | 'superseded' | 'nothing' };

/** How commands and results of a service become bytes. */
export interface ServiceCodecs<Command, Result> {
  /** For the log. */
  readonly commandCodec: Codec<Command>;
  /** For the session table of snapshots, which has the last result of each session. */
  readonly resultCodec: Codec<Result>;
}

/** The service with its sessions. */
export class SessionMachine<Command, Result, Query, Answer> implements QueryableMachine<
  LogCommand,
  Outcome<Result>,
  Query,
  Answer
> {
  readonly #service: QueryableMachine<Command, Result, Query, Answer>;
  readonly #codecs: ServiceCodecs<Command, Result>;
  #sessions = new SessionTable<Result>();
  #lastApplied: LogPosition = { index: 0, term: 0 };

  /** `service` is in its initial state. */
  constructor(
    service: QueryableMachine<Command, Result, Query, Answer>,
    codecs: ServiceCodecs<Command, Result>,
  ) {
    this.#service = service;
    this.#codecs = codecs;
  }

  /** The last entry of the log that this state contains; index 0 before the first one. */
  get lastApplied(): LogPosition {
    return this.#lastApplied;
  }

  /** How many sessions are open. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Executes an entry of the log, or finds the result of an earlier execution. Throws CodecError for bytes of another service. */
  apply(entry: LogCommand, at: LogPosition): Outcome<Result> {
    this.skip(at);
    switch (entry.kind) {
      case 'plain':
        return { kind: 'result', result: this.#execute(entry.command, at) };
      case 'open':
        this.#sessions.open(at.index, entry.sessionsMax);
        return { kind: 'opened', session: at.index };
      case 'session':
        return this.#applyOnce(entry, entry.command, at);
      case 'barrier':
        return { kind: 'nothing' };
    }
  }

  /** An entry of the log without a command: it changes nothing but the place in the log. */
  skip(at: LogPosition): void {
    const { index } = this.#lastApplied;
    assert(at.index === index + 1, () => `${at.index} is applied after ${index}: a gap`);
    this.#lastApplied = at;
  }

  /** Reads the service. */
  query(query: Query): Answer {
    return this.#service.query(query);
  }

  /** The place in the log, the sessions and the service. */
  snapshot(): Uint8Array {
    return joinPieces(this.snapshotPieces());
  }

  /** The same in pieces: those of the service, after one with the rest. */
  snapshotPieces(): Iterable<Uint8Array> {
    const head = encodeStateHead({
      lastApplied: this.#lastApplied,
      sessions: this.#sessions.stored(this.#codecs.resultCodec),
    });
    const service = piecesOf(this.#service);
    return (function* () {
      yield head;
      yield* service;
    })();
  }

  /** Throws CodecError for bytes that are no snapshot of a version that this program reads. */
  restore(snapshot: Uint8Array): void {
    for (const _ of this.restoreSteps(snapshot));
  }

  /** The same in the steps of the service. */
  *restoreSteps(snapshot: Uint8Array): Generator<void> {
    const { lastApplied, sessions, service } = decodeState(snapshot);
    // First, because it throws for results of another service, and then the service keeps its state, too.
    const table = SessionTable.of(sessions, this.#codecs.resultCodec);
    yield* restoreStepsOf(this.#service, service);
    this.#sessions = table;
    this.#lastApplied = lastApplied;
  }

  #applyOnce(point: SessionPoint, command: Uint8Array, at: LogPosition): Outcome<Result> {
    const lookup = this.#sessions.look(point);
    if (lookup.kind !== 'new') return lookup;
    return this.#sessions.record(point, this.#execute(command, at));
  }

  #execute(command: Uint8Array, at: LogPosition): Result {
    return this.#service.apply(this.#codecs.commandCodec.decode(command), at);
  }
}

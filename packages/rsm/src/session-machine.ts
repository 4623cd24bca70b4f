// A state machine that executes each command of a session once. It is a state machine itself: its state is that of the service
// and the session table, and its commands are the entries of the log.
import type { LogPosition } from '@raftlab/raft-core';
import { tupleCodec, type Codec } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { z } from 'zod';
import type { LogCommand, SessionId, SessionPoint } from './log-command.ts';
import type { QueryableMachine } from './machine.ts';
import { SessionTable, type StoredSession } from './session-table.ts';

/** What an entry of the log has done. */
export type Outcome<Result> =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'opened'; readonly session: SessionId }
  | { readonly kind: 'expired' | 'superseded' | 'nothing' };

/** How commands and results of a service become bytes. */
export interface ServiceCodecs<Command, Result> {
  /** For the log. */
  readonly commandCodec: Codec<Command>;
  /** For the session table, which keeps the last result of each session. */
  readonly resultCodec: Codec<Result>;
}

const formatVersion = 1;
const bytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);
const stateSchema = z.strictObject({
  version: z.literal(formatVersion),
  lastApplied: z.tuple([z.int().min(1), z.int().min(0)]),
  sessions: z.array(z.tuple([z.int().min(1), z.int().min(0), bytes])),
  service: bytes,
});
const stateCodec = tupleCodec('snapshot of a replicated state machine', stateSchema, {
  toTuple: ({ version, lastApplied, sessions, service }) => [version, lastApplied, sessions, service],
  fromTuple: ([version, lastApplied, sessions, service]) => ({ version, lastApplied, sessions, service }),
});

/** The service with its sessions. */
export class SessionMachine<Command, Result, Query, Answer> implements QueryableMachine<
  LogCommand,
  Outcome<Result>,
  Query,
  Answer
> {
  readonly #service: QueryableMachine<Command, Result, Query, Answer>;
  readonly #codecs: ServiceCodecs<Command, Result>;
  #sessions = new SessionTable();
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
    const sessions: StoredSession[] = this.#sessions.stored();
    return stateCodec.encode({
      version: formatVersion,
      lastApplied: [this.#lastApplied.index, this.#lastApplied.term],
      sessions: sessions.map(([session, sequence, result]) => [session, sequence, result]),
      service: this.#service.snapshot(),
    });
  }

  /** Throws CodecError for bytes that are no snapshot of this version. */
  restore(snapshot: Uint8Array): void {
    const { lastApplied, sessions, service } = stateCodec.decode(snapshot);
    const [index, term] = lastApplied;
    this.#service.restore(service);
    this.#sessions = SessionTable.of(sessions);
    this.#lastApplied = { index, term };
  }

  #applyOnce(point: SessionPoint, command: Uint8Array, at: LogPosition): Outcome<Result> {
    const { resultCodec } = this.#codecs;
    const lookup = this.#sessions.look(point);
    switch (lookup.kind) {
      case 'done':
        return { kind: 'result', result: resultCodec.decode(lookup.result) };
      case 'expired':
      case 'superseded':
        return { kind: lookup.kind };
      case 'new': {
        const result = this.#execute(command, at);
        this.#sessions.record(point, resultCodec.encode(result));
        return { kind: 'result', result };
      }
    }
  }

  #execute(command: Uint8Array, at: LogPosition): Result {
    return this.#service.apply(this.#codecs.commandCodec.decode(command), at);
  }
}

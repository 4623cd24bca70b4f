// Which commands of which sessions were executed, with the result of the last one. The table is part of the replicated state:
// every server changes it by the same log entries, and a snapshot contains it.
import type { Codec } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import type { SessionId, SessionPoint } from './log-command.ts';

/** The last command of a session that was executed. */
interface LastCommand<Result> {
  readonly sequence: number;
  readonly result: Result;
}

/** A session as it is in a snapshot: id, sequence of its last command, and the encoded result of that. */
export type StoredSession = readonly [session: SessionId, sequence: number, result: Uint8Array];

/** What is known of a command before it is executed. */
export type Lookup<Result> =
  /** It is to be executed. */
  | { readonly kind: 'new' }
  /** It was executed, with this result. */
  | { readonly kind: 'done'; readonly result: Result }
  /** A later command of its session was executed, or its session is not in the table. */
  | { readonly kind: 'superseded' | 'expired' };

const noResult = new Uint8Array(0);

/** The sessions of a replicated state machine (thesis 6.3), least recently used first. */
export class SessionTable<Result> {
  /** In the order of use: a session that is used moves to the end. Null before its first command. */
  readonly #sessions = new Map<SessionId, LastCommand<Result> | null>();

  /** The table of a snapshot. */
  static of<Result>(stored: readonly StoredSession[], codec: Codec<Result>): SessionTable<Result> {
    const table = new SessionTable<Result>();
    for (const [session, sequence, result] of stored)
      table.#sessions.set(session, sequence === 0 ? null : { sequence, result: codec.decode(result) });
    assert(table.size === stored.length, 'a session is twice in a snapshot');
    return table;
  }

  /** How many sessions are open. */
  get size(): number {
    return this.#sessions.size;
  }

  /** In the order of use, so that a table that is restored evicts the same sessions. */
  stored(codec: Codec<Result>): StoredSession[] {
    return [...this.#sessions].map(([session, last]) =>
      last === null ? [session, 0, noResult] : [session, last.sequence, codec.encode(last.result)],
    );
  }

  /** Adds a session. The least recently used ones make room, so that there are `sessionsMax` at most afterwards. */
  open(session: SessionId, sessionsMax: number): void {
    assert(sessionsMax >= 1, () => `room for ${sessionsMax} sessions`);
    assert(!this.#sessions.has(session), () => `session ${session} is opened twice`);
    for (const leastRecent of this.#sessions.keys()) {
      if (this.#sessions.size < sessionsMax) break;
      this.#sessions.delete(leastRecent);
    }
    this.#sessions.set(session, null);
    assert(this.#sessions.size <= sessionsMax, 'the session table exceeds its bound');
  }

  /** What is known of a command. This is a use of its session. */
  look({ session, sequence }: SessionPoint): Lookup<Result> {
    const last = this.#sessions.get(session);
    if (last === undefined) return { kind: 'expired' };
    this.#sessions.delete(session);
    this.#sessions.set(session, last);
    if (last === null) return { kind: 'new' };
    if (sequence === last.sequence) return { kind: 'done', result: last.result };
    return { kind: sequence > last.sequence ? 'new' : 'superseded' };
  }

  /** The command was executed, with this result, which replaces that of the command before. */
  record({ session, sequence }: SessionPoint, result: Result): void {
    const last = this.#sessions.get(session);
    assert(last !== undefined, () => `session ${session} is not open`);
    const before = last?.sequence ?? 0;
    assert(sequence > before, () => `command ${sequence} was executed after ${before}`);
    this.#sessions.set(session, { sequence, result });
  }
}

// Which commands of which sessions were executed, with the result of the last one. The table is part of the replicated state:
// every server changes it by the same log entries, and a snapshot contains it.
import type { Codec } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import type { SessionId, SessionPoint } from './log-command.ts';

/** A command that was executed, with its result. */
export interface Executed<Result> {
  readonly kind: 'result';
  readonly result: Result;
}

/** An open session, between its neighbours in the order of use. */
interface Session<Result> {
  readonly id: SessionId;
  /** The number of the last command that was executed; 0 before the first. */
  sequence: number;
  /** That command; undefined before the first. */
  last: Executed<Result> | undefined;
  earlier: Session<Result> | undefined;
  later: Session<Result> | undefined;
}

/** A session as it is in a snapshot: id, sequence of its last command, and the encoded result of that. */
export type StoredSession = readonly [session: SessionId, sequence: number, result: Uint8Array];

/** What is known of a command before it is executed. */
export type Lookup<Result> =
  /** It is to be executed. */
  | { readonly kind: 'new' }
  /** It was executed, with this result. */
  | Executed<Result>
  /** A later command of its session was executed, or its session is not in the table. */
  | { readonly kind: 'superseded' | 'expired' };

const isNew = { kind: 'new' } as const;
const isSuperseded = { kind: 'superseded' } as const;
const isExpired = { kind: 'expired' } as const;
const noResult = new Uint8Array(0);

/** The sessions of a replicated state machine (thesis 6.3). */
export class SessionTable<Result> {
  readonly #sessions = new Map<SessionId, Session<Result>>();
  /** The ends of the order of use, which is a linked list: a command moves its session, and allocates nothing. */
  #leastRecent: Session<Result> | undefined;
  #mostRecent: Session<Result> | undefined;

  /** The table of a snapshot. */
  static of<Result>(stored: readonly StoredSession[], codec: Codec<Result>): SessionTable<Result> {
    const table = new SessionTable<Result>();
    for (const [id, sequence, result] of stored) {
      const session = table.#add(id);
      if (sequence === 0) continue;
      session.sequence = sequence;
      session.last = { kind: 'result', result: codec.decode(result) };
    }
    return table;
  }

  /** How many sessions are open. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The least recently used first, so that a table that is restored evicts the same sessions. */
  stored(codec: Codec<Result>): StoredSession[] {
    const stored: StoredSession[] = [];
    for (let session = this.#leastRecent; session !== undefined; session = session.later) {
      const { id, sequence, last } = session;
      stored.push([id, sequence, last === undefined ? noResult : codec.encode(last.result)]);
    }
    assert(stored.length === this.size, 'the order of use has every session once');
    return stored;
  }

  /** Adds a session. The least recently used ones make room, so that there are `sessionsMax` at most afterwards. */
  open(session: SessionId, sessionsMax: number): void {
    assert(sessionsMax >= 1, () => `room for ${sessionsMax} sessions`);
    while (this.#leastRecent !== undefined && this.size >= sessionsMax) {
      this.#sessions.delete(this.#leastRecent.id);
      this.#unlink(this.#leastRecent);
    }
    this.#add(session);
    assert(this.size <= sessionsMax, 'the session table exceeds its bound');
  }

  /** What is known of a command. This is a use of its session. */
  look({ session, sequence }: SessionPoint): Lookup<Result> {
    const found = this.#sessions.get(session);
    if (found === undefined) return isExpired;
    if (found !== this.#mostRecent) {
      this.#unlink(found);
      this.#link(found);
    }
    if (sequence > found.sequence) return isNew;
    return (sequence === found.sequence ? found.last : undefined) ?? isSuperseded;
  }

  /** Stores the result of the command that `look` was just called with, in place of that of the session's command before. */
  record({ session, sequence }: SessionPoint, result: Result): Executed<Result> {
    const used = this.#mostRecent;
    assert(used?.id === session, () => `session ${session} is not the one that was used last`);
    assert(sequence > used.sequence, () => `command ${sequence} was executed after ${used.sequence}`);
    used.sequence = sequence;
    used.last = { kind: 'result', result };
    return used.last;
  }

  #add(id: SessionId): Session<Result> {
    assert(!this.#sessions.has(id), () => `session ${id} is in the table twice`);
    const session = { id, sequence: 0, last: undefined, earlier: undefined, later: undefined };
    this.#sessions.set(id, session);
    this.#link(session);
    return session;
  }

  /** Makes it the most recently used one. */
  #link(session: Session<Result>): void {
    session.earlier = this.#mostRecent;
    session.later = undefined;
    if (this.#mostRecent === undefined) this.#leastRecent = session;
    else this.#mostRecent.later = session;
    this.#mostRecent = session;
  }

  #unlink({ earlier, later }: Session<Result>): void {
    if (earlier === undefined) this.#leastRecent = later;
    else earlier.later = later;
    if (later === undefined) this.#mostRecent = earlier;
    else later.earlier = earlier;
  }
}

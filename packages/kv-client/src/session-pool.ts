// Several sessions, so that independent commands do not wait for each other.
import {
  CommandSession,
  type Attempts,
  type CallOptions,
  type KeyValueCommand,
  type KeyValueResult,
} from '@raftlab/kv';
import { assert } from '@raftlab/runtime/assert';

/**
 * A fixed number of sessions. The key of a command decides which one executes it: commands on one key keep their order, also after
 * one of them was aborted and may still be executed.
 */
export class SessionPool {
  readonly #sessions: readonly CommandSession[];

  constructor(attempts: Attempts, sessionCount: number) {
    assert(sessionCount >= 1, () => `a pool of ${sessionCount} sessions`);
    this.#sessions = Array.from({ length: sessionCount }, () => new CommandSession(attempts));
  }

  /** See `CommandSession.execute`. */
  execute(command: KeyValueCommand, options: CallOptions): Promise<KeyValueResult> {
    const session = this.#sessions[hash(command.key) % this.#sessions.length];
    assert(session !== undefined, 'a hash has no session');
    return session.execute(command, options);
  }
}

/** FNV-1a over the code units: a whole number from 0 to 2^32 - 1. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}

// What the log carries: the service's commands, with the session that they belong to, and entries of the machinery itself.
import { tupleCodec, type Codec } from '@raftlab/rpc';
import { z } from 'zod';

/** Names a session: the index of the log entry that opened it, so that no two sessions of a log have the same. */
export type SessionId = number;

/** One command of a session: numbers count up from 1, and a command that is sent again keeps its number. */
export interface SessionPoint {
  /** As `openSession` returned it. */
  readonly session: SessionId;
  /** A positive integer, greater than those of the commands before. */
  readonly sequence: number;
}

/** One entry of the log of a replicated state machine. The service's command is encoded. */
export type LogCommand =
  /** A command outside all sessions: executed as often as it is committed. */
  | { readonly kind: 'plain'; readonly command: Uint8Array }
  /** Opens a session. The bound is in the entry, so that eviction depends on nothing but the log. */
  | { readonly kind: 'open'; readonly sessionsMax: number }
  /** A command that is executed once, however often it is committed. */
  | ({ readonly kind: 'session'; readonly command: Uint8Array } & SessionPoint)
  /** Changes nothing: a read waits for it. */
  | { readonly kind: 'barrier' };

const bytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);
const count: z.ZodInt = z.int().min(1);

const logCommandSchema: z.ZodType<LogCommand> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('plain'), command: bytes }),
  z.strictObject({ kind: z.literal('open'), sessionsMax: count }),
  z.strictObject({ kind: z.literal('session'), session: count, sequence: count, command: bytes }),
  z.strictObject({ kind: z.literal('barrier') }),
]);

/** Log entries as bytes: a tuple that begins with the number of the kind. */
export const logCommandCodec: Codec<LogCommand> = tupleCodec('LogCommand', logCommandSchema, {
  toTuple(entry) {
    switch (entry.kind) {
      case 'plain':
        return [0, entry.command];
      case 'open':
        return [1, entry.sessionsMax];
      case 'session':
        return [2, entry.session, entry.sequence, entry.command];
      case 'barrier':
        return [3];
    }
  },
  fromTuple([kind, ...rest]) {
    if (kind === 0 && rest.length === 1) return { kind: 'plain', command: rest[0] };
    if (kind === 1 && rest.length === 1) return { kind: 'open', sessionsMax: rest[0] };
    if (kind === 2 && rest.length === 3)
      return { kind: 'session', session: rest[0], sequence: rest[1], command: rest[2] };
    return kind === 3 && rest.length === 0 ? { kind: 'barrier' } : undefined;
  },
});

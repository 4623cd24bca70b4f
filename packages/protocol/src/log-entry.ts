// One entry of the replicated log. Each kind of entry is a class, so that the kind is on the prototype: as a field it
// would take 8 bytes in every entry, and a log has millions of them.
import { z } from 'zod';

/** A Raft term. 0 before the first election. */
export type Term = number;

/** An entry with a client's command for the state machine (Figure 2). */
export class CommandEntry {
  /** The term of the leader that created the entry. */
  readonly term: Term;
  /** The command, encoded once when it was proposed: log, wire and storage have these bytes unchanged. */
  readonly command: Uint8Array;

  constructor(term: Term, command: Uint8Array) {
    this.term = term;
    this.command = command;
  }

  get kind(): 'command' {
    return 'command';
  }
}

/** An entry without content; a new leader appends it to commit the entries of earlier terms (§8, §5.4.2). */
export class NoopEntry {
  /** The term of the leader that created the entry. */
  readonly term: Term;

  constructor(term: Term) {
    this.term = term;
  }

  get kind(): 'noop' {
    return 'noop';
  }
}

/** Reserved for membership changes (§6): it is encoded, stored and read, but raft-core rejects it. */
export class ConfigurationEntry {
  /** The term of the leader that created the entry. */
  readonly term: Term;
  /** The members from this entry on, as membershipCodec encodes them. */
  readonly configuration: Uint8Array;

  constructor(term: Term, configuration: Uint8Array) {
    this.term = term;
    this.configuration = configuration;
  }

  get kind(): 'configuration' {
    return 'configuration';
  }
}

/** One entry of the log; its index follows from its position. Immutable. */
export type LogEntry = CommandEntry | NoopEntry | ConfigurationEntry;

/** The kind of an entry. */
export type EntryKind = LogEntry['kind'];

const nothing = new Uint8Array(0);

/** The payload of an entry besides its term: its command or its configuration, and no bytes for a noop. */
export function payloadOf(entry: LogEntry): Uint8Array {
  switch (entry.kind) {
    case 'command':
      return entry.command;
    case 'noop':
      return nothing;
    case 'configuration':
      return entry.configuration;
  }
}

/** Whether the value is an entry whose fields have the right types: a term is an integer from 0 to 2^53 - 1. */
export function isLogEntry(value: unknown): value is LogEntry {
  if (value instanceof CommandEntry) return value.command instanceof Uint8Array && isTerm(value.term);
  if (value instanceof NoopEntry) return isTerm(value.term);
  if (value instanceof ConfigurationEntry)
    return value.configuration instanceof Uint8Array && isTerm(value.term);
  return false;
}

function isTerm(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The entries of one message. The whole list has one check, because a schema for each field takes 15 times as long. */
export const logEntriesSchema: z.ZodType<readonly LogEntry[]> = z.custom<readonly LogEntry[]>((value) => {
  return Array.isArray(value) && value.every(isLogEntry);
}, 'expected a list of entries, each a term (integer, 0 or more) and a command (bytes), a noop or a configuration');

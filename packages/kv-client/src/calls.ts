// Commands and reads as pending calls.
import {
  answerOf,
  keyLengthMax,
  rangeLimitMax,
  readCall,
  valueLengthMax,
  type Attempts,
  type KeyValueAnswer,
  type KeyValueCommand,
  type KeyValueQuery,
  type KeyValueResult,
} from '@raftlab/kv';
import type { ReadLevel } from '@raftlab/rsm';
import type { CancelSignal } from '@raftlab/runtime';
import { checkText } from './check-text.ts';
import type { Gate } from './gate.ts';
import type { PendingCall } from './pending-calls.ts';
import type { SessionPool } from './session-pool.ts';

/** A command. */
export class CommandCall implements PendingCall<KeyValueResult> {
  readonly isCommand = true;
  readonly #pool: SessionPool;
  readonly #command: KeyValueCommand;

  constructor(pool: SessionPool, command: KeyValueCommand) {
    this.#pool = pool;
    this.#command = command;
  }

  operation(): string {
    return `${this.#command.kind} ${JSON.stringify(this.#command.key)}`;
  }

  check(): void {
    const command = this.#command;
    if (command.kind !== 'delete') checkText('value', command.value, valueLengthMax);
    if (command.kind === 'compareAndSet' && !(Number.isSafeInteger(command.version) && command.version >= 0))
      throw new RangeError(`version must be a whole number, 0 or more, got ${command.version}.`);
    checkText('key', command.key, keyLengthMax);
  }

  perform(signal: CancelSignal): Promise<KeyValueResult> {
    return this.#pool.execute(this.#command, { signal });
  }
}

/** What the reads of a client share. */
export interface Reading {
  readonly attempts: Attempts;
  readonly gate: Gate;
}

/** A read. */
export class ReadCall implements PendingCall<KeyValueAnswer> {
  readonly isCommand = false;
  readonly #reading: Reading;
  readonly #query: KeyValueQuery;
  readonly #level: ReadLevel | undefined;

  constructor(reading: Reading, query: KeyValueQuery, level: ReadLevel | undefined) {
    this.#reading = reading;
    this.#query = query;
    this.#level = level;
  }

  operation(): string {
    const query = this.#query;
    return `${query.kind} ${JSON.stringify(query.kind === 'get' ? query.key : query.prefix)}`;
  }

  check(): void {
    const query = this.#query;
    if (query.kind === 'get') {
      checkText('key', query.key, keyLengthMax);
      return;
    }
    const { prefix, limit, after } = query;
    checkText('prefix', prefix, keyLengthMax);
    if (after !== undefined) checkText('after', after, keyLengthMax);
    if (!(Number.isSafeInteger(limit) && limit >= 1 && limit <= rangeLimitMax))
      throw new RangeError(`limit must be a whole number from 1 to ${rangeLimitMax}, got ${limit}.`);
  }

  async perform(signal: CancelSignal): Promise<KeyValueAnswer> {
    const { attempts, gate } = this.#reading;
    const call = readCall(this.#query, { level: this.#level, signal });
    return answerOf(await gate.pass(signal, () => attempts.call(call)));
  }
}

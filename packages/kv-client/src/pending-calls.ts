// The calls that have not ended: their deadlines and signals, and how a failure becomes an error of the client.
import { ClerkAbortedError, ClerkBusyError, waitingCommandsMax } from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import type { ReadLevel } from '@raftlab/rsm';
import type { CancelSignal, Clock } from '@raftlab/runtime';
import { CallError } from '@raftlab/tcp';
import { Endings, type Ending } from './endings.ts';
import {
  CallAbortedError,
  CallRefusedError,
  ClientBusyError,
  ClientClosedError,
  ClusterRefusedError,
  DeadlineError,
  type CallReport,
} from './errors.ts';
import { pendingMax } from './options.ts';

/** The options of a call of the client. */
export interface ClientCallOptions {
  /** How long the call may take, in ms; the client's `deadlineMs` unless set. */
  readonly deadlineMs?: number | undefined;
  /** Ends the call with a CallAbortedError. An AbortSignal is one. */
  readonly signal?: CancelSignal | undefined;
}

/** The options of a read of the client. */
export interface ClientReadOptions extends ClientCallOptions {
  /** `linearizable` unless set. */
  readonly level?: ReadLevel | undefined;
}

/** One call. */
export interface PendingCall<Value> {
  /** For messages, such as `put "city"`. */
  operation(): string;
  /** Whether it changes the store. */
  readonly isCommand: boolean;
  /** Throws a RangeError for arguments that the service does not accept. */
  check?(): void;
  perform(signal: CancelSignal): Promise<Value>;
}

/** What the calls of one client need of it. */
interface Surroundings {
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** The failures of attempts, by the positions of ends, as words by server. */
  describe(failures: ReadonlyMap<number, string>): ReadonlyMap<ServerId, string>;
}

/** The pending calls of one client. */
export class PendingCalls {
  readonly #surroundings: Surroundings;
  readonly #endings: Endings;
  #isClosed = false;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#endings = new Endings(surroundings.clock);
  }

  /** Performs a call, and ends it at its deadline. */
  async run<Value>(call: PendingCall<Value>, options: ClientCallOptions): Promise<Value> {
    call.check?.();
    const { deadlineMs = this.#surroundings.deadlineMs, signal } = options;
    checkDeadline(deadlineMs);
    if (this.#isClosed) throw new ClientClosedError(unsent(call));
    if (signal?.aborted === true) throw new CallAbortedError(unsent(call), signal.reason);
    if (this.#endings.size >= pendingMax)
      throw new ClientBusyError(call.operation(), `${pendingMax} calls of this client are pending`);

    const pending = this.#endings.add(deadlineMs);
    const onAbort = (): void => pending.abort('signal');
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await call.perform(pending);
    } catch (error) {
      const { reason } = pending;
      const isEnded = error instanceof ClerkAbortedError || error === reason;
      if (reason === undefined || !isEnded) throw asClientError(error, call);
      throw this.#errorOf(reason, this.#reportOf(call, error), { deadlineMs, cause: signal?.reason });
    } finally {
      this.#endings.remove(pending);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the calls that are pending because every server refuses this client. */
  refuseAll(): void {
    this.#endings.abortAll('refused');
  }

  /** Ends the calls that are pending, and refuses later ones. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#endings.abortAll('closed');
  }

  #reportOf(call: PendingCall<unknown>, error: unknown): CallReport {
    if (!(error instanceof ClerkAbortedError)) return unsent(call);
    const failures = this.#surroundings.describe(error.failures);
    return { operation: call.operation(), mayHaveRun: call.isCommand && error.mayHaveRun, failures };
  }

  #errorOf(
    ending: Ending,
    report: CallReport,
    { deadlineMs, cause }: { readonly deadlineMs: number; readonly cause: unknown },
  ): Error {
    switch (ending) {
      case 'deadline':
        return new DeadlineError(report, deadlineMs);
      case 'signal':
        return new CallAbortedError(report, cause);
      case 'closed':
        return new ClientClosedError(report);
      case 'refused':
        return new ClusterRefusedError(report);
    }
  }
}

/** Throws a RangeError unless it is a time in ms that can be waited for. */
export function checkDeadline(deadlineMs: number): void {
  if (!(deadlineMs > 0 && deadlineMs < Infinity))
    throw new RangeError(`deadlineMs must be a positive number of milliseconds, got ${deadlineMs}.`);
}

function unsent(call: PendingCall<unknown>): CallReport {
  return { operation: call.operation(), mayHaveRun: false, failures: new Map() };
}

function asClientError(error: unknown, call: PendingCall<unknown>): unknown {
  if (error instanceof CallError) return new CallRefusedError(call.operation(), error);
  if (!(error instanceof ClerkBusyError)) return error;
  return new ClientBusyError(
    call.operation(),
    `${waitingCommandsMax} commands on this key, or on keys of the same session, have not ended`,
  );
}

// The calls that have not ended: their deadlines and signals, and how a failure becomes an error of the client.
import { ClerkAbortedError, ClerkBusyError } from '@raftlab/kv';
import type { ServerId } from '@raftlab/protocol';
import type { ReadLevel } from '@raftlab/rsm';
import type { CancelSignal, Clock } from '@raftlab/runtime';
import { CallError } from '@raftlab/tcp';
import { CallSignal } from './call-signal.ts';
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

/** What ends calls early. */
type Ending = 'deadline' | 'signal' | 'closed' | 'refused';

/** What a call of the client may say of itself. */
export interface ClientCallOptions {
  /** How long the call may take, in ms; the client's `deadlineMs` unless set. */
  readonly deadlineMs?: number | undefined;
  /** Ends the call with a CallAbortedError. An AbortSignal is one. */
  readonly signal?: CancelSignal | undefined;
}

/** What a read of the client may say of itself. */
export interface ClientReadOptions extends ClientCallOptions {
  /** `linearizable` unless set. */
  readonly level?: ReadLevel | undefined;
}

/** One call. */
export interface PendingCall<Value> {
  /** For messages, such as `put "city"`. */
  readonly operation: string;
  /** Whether it changes the store. */
  readonly isCommand: boolean;
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
  readonly #endings = new Set<CallSignal<Ending>>();
  #isClosed = false;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Performs a call, and ends it at its deadline. */
  async run<Value>(call: PendingCall<Value>, options: ClientCallOptions): Promise<Value> {
    const { clock } = this.#surroundings;
    const { deadlineMs = this.#surroundings.deadlineMs, signal } = options;
    const { operation } = call;
    checkDeadline(deadlineMs);
    const unsent: CallReport = { operation, mayHaveRun: false, failures: new Map() };
    if (this.#isClosed) throw new ClientClosedError(unsent);
    if (signal?.aborted === true) throw new CallAbortedError(unsent, signal.reason);
    if (this.#endings.size >= pendingMax) throw new ClientBusyError(operation, pendingMax);

    const ending = new CallSignal<Ending>();
    const onAbort = (): void => ending.abort('signal');
    const timer = clock.setTimer(deadlineMs, () => ending.abort('deadline'));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#endings.add(ending);
    try {
      return await call.perform(ending);
    } catch (error) {
      const { reason } = ending;
      const isEnded = error instanceof ClerkAbortedError || error === reason;
      if (reason === undefined || !isEnded) throw asClientError(error, operation);
      throw this.#errorOf(reason, this.#reportOf(call, error), { deadlineMs, cause: signal?.reason });
    } finally {
      this.#endings.delete(ending);
      signal?.removeEventListener('abort', onAbort);
      timer.cancel();
    }
  }

  /** Ends the calls that are pending because every server refuses this client. */
  refuseAll(): void {
    for (const ending of this.#endings) ending.abort('refused');
  }

  /** Ends the calls that are pending, and refuses later ones. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const ending of this.#endings) ending.abort('closed');
  }

  #reportOf({ operation, isCommand }: PendingCall<unknown>, error: unknown): CallReport {
    if (!(error instanceof ClerkAbortedError)) return { operation, mayHaveRun: false, failures: new Map() };
    const failures = this.#surroundings.describe(error.failures);
    return { operation, mayHaveRun: isCommand && error.mayHaveRun, failures };
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

function asClientError(error: unknown, operation: string): unknown {
  if (error instanceof CallError) return new CallRefusedError(operation, error);
  return error instanceof ClerkBusyError ? new ClientBusyError(operation, pendingMax) : error;
}

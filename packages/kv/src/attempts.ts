// One call to a service of which only the leader answers: finds the leader, remembers it, waits between rounds of failures.
import type { ClientEnd, Method } from '@raftlab/rpc';
import type { CancelSignal, Clock, Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { ClerkAbortedError } from './errors.ts';
import type { Reply } from './protocol.ts';

/** A call without a reply after this many ms is repeated at the next server: a leader without a majority never answers. */
export const attemptTimeoutMs = 500;
/** The wait after the first round of failures, in ms; it doubles from round to round. */
export const backoffMinMs = 10;
/** The longest wait between two rounds, in ms: a part of an election timeout, so that a new leader is found soon. */
export const backoffMaxMs = 100;

/** What attempts need of their surroundings. */
export interface AttemptOptions {
  readonly clock: Clock;
  /** Spreads the waits, so that clients that fail together do not retry together. */
  readonly random: Random;
  /** The position among the ends that reaches a server. Without it the server that a refusal names is not used. */
  readonly endOf?: ((server: number) => number | undefined) | undefined;
}

/** One call with all its repetitions. */
export interface CallOfClerk<Args, Value> {
  readonly method: Method<Args, Reply<Value>>;
  readonly args: Args;
  readonly signal?: CancelSignal | undefined;
  /** Called after an attempt that may have had an effect although it gave no result. */
  readonly onUnknown?: (() => void) | undefined;
}

/** A reply that ends a call. */
export type FinalReply<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: 'TooLarge' | 'SessionExpired' | 'Superseded' };

/** Calls the servers of one service, at one leader after another. */
export class Attempts {
  readonly #ends: readonly ClientEnd[];
  readonly #options: AttemptOptions;
  /** The position of the server that answered last, or of the next to try. */
  #leader = 0;

  /** Throws a RangeError without ends. */
  constructor(ends: readonly ClientEnd[], options: AttemptOptions) {
    if (ends.length === 0) throw new RangeError('a clerk needs an end to one server at least, got none.');
    this.#ends = ends;
    this.#options = options;
  }

  /** Repeats the call until a server answers it for good, however long that takes. Rejects when the signal is aborted. */
  async call<Args, Value>(call: CallOfClerk<Args, Value>): Promise<FinalReply<Value>> {
    for (let failures = 0; ; failures += 1) {
      if (failures > 0 && failures % this.#ends.length === 0) await this.#backOff(failures, call.signal);
      const reply = await this.#attempt(call);
      if (reply === undefined) {
        call.onUnknown?.();
        this.#tryNext();
        continue;
      }
      if (reply.ok) return reply;
      switch (reply.refusal) {
        case 'TooLarge':
        case 'SessionExpired':
        case 'Superseded':
          return { ok: false, refusal: reply.refusal };
        case 'Unknown':
          call.onUnknown?.();
          this.#tryNext();
          break;
        case 'NotLeader':
          this.#tryNext(reply.leader);
          break;
        case 'Busy':
          // The leader itself: it is right to ask it again.
          await this.#backOff(this.#ends.length, call.signal);
          break;
        case 'Stopped':
          this.#tryNext();
          break;
      }
    }
  }

  #tryNext(hint?: number): void {
    const named = hint === undefined ? undefined : this.#options.endOf?.(hint);
    const isUsable = named !== undefined && named !== this.#leader && this.#ends[named] !== undefined;
    this.#leader = isUsable ? named : (this.#leader + 1) % this.#ends.length;
    assert(this.#ends[this.#leader] !== undefined, () => `the next end to try is ${this.#leader}`);
  }

  #backOff(failures: number, signal: CancelSignal | undefined): Promise<void> {
    const rounds = Math.floor(failures / this.#ends.length);
    assert(rounds >= 1, 'a clerk waits after a whole round of failures');
    const longestMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(rounds - 1, 10));
    assert(longestMs >= backoffMinMs, () => `a wait of ${longestMs} ms`);
    const { clock, random } = this.#options;
    return orAborted<void>(signal, (resolve) => {
      const timer = clock.setTimer(random.uniform(longestMs / 2, longestMs), () => resolve());
      return () => timer.cancel();
    });
  }

  /** Undefined when there was no reply in time, or none at all. */
  #attempt<Args, Value>({
    method,
    args,
    signal,
  }: CallOfClerk<Args, Value>): Promise<Reply<Value> | undefined> {
    const end = this.#ends[this.#leader];
    assert(end !== undefined, () => `there is no end ${this.#leader}`);
    return orAborted(signal, (resolve, reject) => {
      const timer = this.#options.clock.setTimer(attemptTimeoutMs, () => resolve(undefined));
      end.call(method, args).then((result) => {
        timer.cancel();
        resolve(result.ok ? result.reply : undefined);
      }, reject);
      return () => timer.cancel();
    });
  }
}

/**
 * A promise that rejects when the signal is aborted first. `begin` starts what settles it otherwise, and returns how to end that.
 */
function orAborted<Value>(
  signal: CancelSignal | undefined,
  begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new ClerkAbortedError(signal.reason));
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(new ClerkAbortedError(signal?.reason));
    };
    const cancel = begin(
      (value) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      },
      (error) => {
        signal?.removeEventListener('abort', onAbort);
        cancel();
        reject(error);
      },
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

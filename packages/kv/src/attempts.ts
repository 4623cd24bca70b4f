// One call to a service of which only the leader answers: finds the leader, remembers it, waits between rounds of failures.
import type { CallResult, ClientEnd, Method } from '@raftlab/rpc';
import type { CancelSignal, Clock, Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import { ClerkAbortedError } from './errors.ts';
import { orAborted } from './or-aborted.ts';
import type { Reply } from './protocol.ts';

/**
 * A call without a reply after this many ms is repeated at the next server, unless the options say otherwise: a leader without a
 * majority never answers.
 */
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
  /** How long one attempt may take, in ms: `attemptTimeoutMs` unless set. */
  readonly attemptTimeoutMs?: number | undefined;
}

/** One call with all its repetitions. */
export interface CallOfClerk<Args, Value> {
  readonly method: Method<Args, Reply<Value>>;
  readonly args: Args;
  readonly signal?: CancelSignal | undefined;
  /** How long one attempt of this call may take, in ms, when it is not that of the options. */
  readonly attemptTimeoutMs?: number | undefined;
  /** Not to be repeated after an attempt that may have had an effect: then the call is refused as Unknown. */
  readonly isOnce?: boolean | undefined;
}

/** A reply that ends a call. */
export type FinalReply<Value> =
  | {
      readonly ok: true;
      readonly value: Value;
      /** The position of the end whose server has answered. */
      readonly end: number;
    }
  | {
      readonly ok: false;
      /** `Unknown` only for a call that `isOnce`. */
      readonly refusal: 'TooLarge' | 'SessionExpired' | 'Superseded' | 'Unknown';
      /** Whether an earlier attempt of the call may have had an effect, although it gave no result. */
      readonly mayHaveRun: boolean;
    };

/** What has become of the attempts of one call so far. */
interface Course {
  mayHaveRun: boolean;
  /** Why the last attempt at each end failed, by the position of the end. Undefined before the first failure: most calls have none. */
  failures: Map<number, string> | undefined;
  /** The ends that were tried in the present round, by position. Undefined before the first failure. */
  tried: Set<number> | undefined;
}

/** An attempt without a reply. */
interface NoReply {
  readonly ok: undefined;
  /** Why, in words. */
  readonly reason: string;
  readonly mayHaveRun: boolean;
}

/**
 * Calls the servers of one service, at one leader after another. Several clerks may share one, so that the leader that one has
 * found is known to all.
 */
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

  /**
   * Repeats the call until a server answers it for good, however long that takes. Rejects with a ClerkAbortedError when the signal
   * is aborted, and with what an end rejects with.
   */
  async call<Args, Value>(call: CallOfClerk<Args, Value>): Promise<FinalReply<Value>> {
    const { signal } = call;
    const timeoutMs = call.attemptTimeoutMs ?? this.#options.attemptTimeoutMs ?? attemptTimeoutMs;
    const course: Course = { mayHaveRun: false, failures: undefined, tried: undefined };
    for (let failures = 0; ; failures += 1) {
      if (failures > 0 && failures % this.#ends.length === 0) {
        await this.#backOff(failures, call, course);
        course.tried = undefined;
      }
      if (signal?.aborted === true) throw aborted(signal.reason, course);
      const tried = this.#leader;
      const result = await this.#attempt(call, tried, timeoutMs);
      if (!result.ok && result.reason === 'aborted')
        throw aborted(signal?.reason, { ...course, mayHaveRun: true });
      const reply = result.ok ? result.reply : noReply(result.reason, timeoutMs);
      if (reply.ok === true) return { ok: true, value: reply.value, end: tried };
      (course.tried ??= new Set()).add(tried);
      course.failures ??= new Map();
      course.failures.set(tried, reply.ok === undefined ? reply.reason : reply.refusal);
      course.mayHaveRun ||= reply.ok === undefined ? reply.mayHaveRun : reply.refusal === 'Unknown';
      if (call.isOnce === true && course.mayHaveRun)
        return { ok: false, refusal: 'Unknown', mayHaveRun: true };
      if (reply.ok === undefined) {
        if (reply.reason === 'busy') await this.#backOff(this.#ends.length, call, course);
        else this.#tryNext(tried, course);
        continue;
      }
      switch (reply.refusal) {
        case 'TooLarge':
        case 'SessionExpired':
        case 'Superseded':
          return { ok: false, refusal: reply.refusal, mayHaveRun: course.mayHaveRun };
        case 'NotLeader':
          this.#tryNext(tried, course, reply.leader);
          break;
        case 'Busy':
          // The leader itself: it is right to ask it again.
          await this.#backOff(this.#ends.length, call, course);
          break;
        case 'Unknown':
        case 'Stopped':
          this.#tryNext(tried, course);
          break;
      }
    }
  }

  /**
   * Moves on from an end that failed, unless another call has moved on already: to the leader that it named, or to the next one. A round
   * asks every end, so neither was tried in it: a server that is cut off from the others may name a leader that is down for ever.
   */
  #tryNext(tried: number, course: Course, hint?: number): void {
    if (this.#leader !== tried) return;
    const count = this.#ends.length;
    const isNew = (end: number): boolean => course.tried?.has(end) !== true;
    const named = hint === undefined ? undefined : this.#options.endOf?.(hint);
    const isUsable = named !== undefined && this.#ends[named] !== undefined && isNew(named);
    let next = isUsable ? named : (tried + 1) % count;
    for (let passed = 1; passed < count && !isNew(next); passed += 1) next = (next + 1) % count;
    this.#leader = next;
    assert(this.#ends[this.#leader] !== undefined, () => `the next end to try is ${this.#leader}`);
  }

  #backOff(
    failures: number,
    { signal }: Pick<CallOfClerk<unknown, unknown>, 'signal'>,
    course: Course,
  ): Promise<void> {
    const rounds = Math.floor(failures / this.#ends.length);
    assert(rounds >= 1, 'a clerk waits after a whole round of failures');
    const longestMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(rounds - 1, 10));
    assert(longestMs >= backoffMinMs, () => `a wait of ${longestMs} ms`);
    const { clock, random } = this.#options;
    return orAborted(signal, {
      begin(end) {
        const timer = clock.setTimer(random.uniform(longestMs / 2, longestMs), end);
        return () => timer.cancel();
      },
      errorOf: (reason) => aborted(reason, course),
    });
  }

  #attempt<Args, Value>(
    { method, args, signal }: CallOfClerk<Args, Value>,
    position: number,
    timeoutMs: number,
  ): Promise<CallResult<Reply<Value>>> {
    const end = this.#ends[position];
    assert(end !== undefined, () => `there is no end ${position}`);
    // The promise, the timer and the listener below are a third of a client's CPU.
    if (end.endsCalls === true) return end.call(method, args, { deadlineMs: timeoutMs, signal });
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const finish = (result: CallResult<Reply<Value>>): void => {
        leave();
        resolve(result);
      };
      const onAbort = (): void => finish({ ok: false, reason: 'aborted' });
      const timer = clock.setTimer(timeoutMs, () => finish({ ok: false, reason: 'deadline' }));
      signal?.addEventListener('abort', onAbort, { once: true });
      end.call(method, args).then(finish, (error: unknown) => {
        leave();
        reject(error);
      });
    });
  }
}

function aborted(reason: unknown, { mayHaveRun, failures = new Map() }: Course): ClerkAbortedError {
  return new ClerkAbortedError(reason, { mayHaveRun, failures });
}

/** A transport whose reason is `unreachable` or `busy` has not passed the call to the server. */
function noReply(reason: string | undefined, timeoutMs: number): NoReply {
  const words = reason === 'deadline' ? `no reply within ${timeoutMs} ms` : reason;
  return {
    ok: undefined,
    reason: words ?? 'no reply',
    mayHaveRun: reason !== 'unreachable' && reason !== 'busy',
  };
}

// Watches over calls whose handlers have not answered yet. Every 100 ms after its dispatch each of them asks: is the server
// dead for this end? The answer can only turn to yes when an end or a server is changed, so the watch sets a timer for
// the next such instant only when a change has made it yes. A handler that takes its time costs no timer at all, and one
// that waits for ever on a virtual clock shows up in the deadlock report instead of keeping time going.
import type { Clock, Timer } from '@raftlab/runtime';
import type { Request } from './request.ts';

/** How long a call may go on waiting for a server that is dead. */
export const questionIntervalMs = 100;

/** What a handler's promise resolves to. */
export type Answer = Uint8Array | undefined;

interface PendingCall {
  readonly request: Request;
  readonly dispatchedAt: number;
  readonly giveUp: () => void;
  /** Set while the question is due at the next instant; undefined while the answer is known to be no. */
  timer: Timer | undefined;
}

export interface HandlerWatchOptions {
  readonly clock: Clock;
  readonly isDead: (request: Request) => boolean;
  /** Hears of a handler that failed after its call had been given up. */
  readonly onLateFailure: (request: Request, thrown: unknown) => void;
}

export class HandlerWatch {
  readonly #options: HandlerWatchOptions;
  readonly #pending = new Set<PendingCall>();

  constructor(options: HandlerWatchOptions) {
    this.#options = options;
  }

  /** Settles as `answer` does, or resolves to undefined at the first question that finds the server dead. */
  wait(request: Request, answer: Promise<Answer>): Promise<Answer> {
    const { clock, onLateFailure } = this.#options;
    const dispatchedAt = clock.now();
    const outcome = new Promise<Answer>((resolve, reject) => {
      const giveUp = (): void => resolve(undefined);
      const call: PendingCall = { request, dispatchedAt, giveUp, timer: undefined };
      this.#pending.add(call);
      const onAnswer = (bytes: Answer): void => {
        this.#forget(call);
        resolve(bytes);
      };
      const onFailure = (thrown: unknown): void => {
        if (this.#forget(call)) reject(thrown);
        else onLateFailure(request, thrown);
      };
      answer.then(onAnswer, onFailure);
    });
    return clock.watch(outcome, () => {
      const { callId, methodName, endName, serverName } = request;
      const since = `since ${dispatchedAt} ms`;
      return `call ${callId}, ${methodName} on end "${endName}": server "${serverName}" has not answered ${since}`;
    });
  }

  /** To be called after every change of an end or a server that could make a server dead. */
  onChange(): void {
    for (const call of this.#pending) {
      if (call.timer === undefined && this.#options.isDead(call.request)) this.#setTimer(call);
    }
  }

  /** A change at the very instant of a question comes after it: the next question sees it. */
  #setTimer(call: PendingCall): void {
    const waitedMs = this.#options.clock.now() - call.dispatchedAt;
    const questionCount = Math.floor(waitedMs / questionIntervalMs);
    const untilNextMs = (questionCount + 1) * questionIntervalMs - waitedMs;
    call.timer = this.#options.clock.setTimer(untilNextMs, () => this.#ask(call));
  }

  #ask(call: PendingCall): void {
    call.timer = undefined;
    if (!this.#options.isDead(call.request)) return; // enabled again meanwhile
    this.#pending.delete(call);
    call.giveUp();
  }

  /** True when the call was still waiting. */
  #forget(call: PendingCall): boolean {
    call.timer?.cancel();
    return this.#pending.delete(call);
  }
}

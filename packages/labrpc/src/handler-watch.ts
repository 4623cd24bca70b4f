// Watches the calls whose handlers have not answered. In the lab, every 100 ms after its dispatch such a call checks whether its
// server is dead for its end, and then fails. The result of the check changes only when an end or a server changes, so a timer
// for the next check is set only when such a change has made the server dead. A slow handler therefore costs no timer, and
// one that never answers is listed in the DeadlockError of a virtual clock instead of keeping its time running.
import type { Clock, Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { Request } from './request.ts';

/** The time between two checks of a pending call, and so the longest that it stays pending after its server died. */
export const deadServerCheckIntervalMs = 100;

/** The encoded reply of a handler. Undefined: the handler declined to answer, or the call failed. */
export type Answer = Uint8Array | undefined;

interface PendingCall {
  readonly request: Request;
  /** Milliseconds, on the network's clock. */
  readonly dispatchedAt: number;
  readonly fail: () => void;
  /** Set while a check is due because the server was found dead; undefined while it is known to be alive. */
  timer: Timer | undefined;
}

/** What a HandlerWatch needs to know of its network. */
export interface HandlerWatchOptions {
  readonly clock: Clock;
  /** Whether the end of the request is no longer enabled, or its server no longer the registered one. */
  readonly isServerDead: (request: Request) => boolean;
  /** Receives what a handler threw after its call had failed. */
  readonly onLateFailure: (request: Request, thrown: unknown) => void;
}

/** The calls of one network whose handlers are running. */
export class HandlerWatch {
  readonly #options: HandlerWatchOptions;
  readonly #pending = new Set<PendingCall>();

  constructor(options: HandlerWatchOptions) {
    this.#options = options;
  }

  /**
   * Settles as `answer` does, or resolves to undefined at the first check that finds the server dead. Never settles when the
   * handler does not and the server stays alive.
   */
  wait(request: Request, answer: Promise<Answer>): Promise<Answer> {
    const { clock, onLateFailure } = this.#options;
    const dispatchedAt = clock.now();
    const outcome = new Promise<Answer>((resolve, reject) => {
      const fail = (): void => resolve(undefined);
      const call: PendingCall = { request, dispatchedAt, fail, timer: undefined };
      this.#pending.add(call);
      const onAnswer = (bytes: Answer): void => {
        this.#remove(call);
        resolve(bytes);
      };
      const onFailure = (thrown: unknown): void => {
        if (this.#remove(call)) reject(thrown);
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

  /** Must be called after every change of an end or a server that can make a server dead. */
  onChange(): void {
    for (const call of this.#pending) {
      if (call.timer === undefined && this.#options.isServerDead(call.request)) this.#scheduleCheck(call);
    }
  }

  /** A change at the very time of a check comes after that check: the next one sees it. */
  #scheduleCheck(call: PendingCall): void {
    assert(call.timer === undefined, () => `call ${call.request.callId} has a check already`);
    const elapsedMs = this.#options.clock.now() - call.dispatchedAt;
    const checkCount = Math.floor(elapsedMs / deadServerCheckIntervalMs);
    const delayMs = (checkCount + 1) * deadServerCheckIntervalMs - elapsedMs;
    assert(delayMs <= deadServerCheckIntervalMs, () => `the next check is due in ${delayMs} ms`);
    call.timer = this.#options.clock.setTimer(delayMs, () => this.#check(call));
  }

  #check(call: PendingCall): void {
    assert(this.#pending.has(call), () => `call ${call.request.callId} is checked after it ended`);
    call.timer = undefined;
    if (!this.#options.isServerDead(call.request)) return; // the change was undone
    this.#pending.delete(call);
    call.fail();
  }

  /** True when the call was still pending. */
  #remove(call: PendingCall): boolean {
    call.timer?.cancel();
    return this.#pending.delete(call);
  }
}

// The course of one test, for any cluster: its waits, the tasks that run beside its script, its present step, its warnings, and
// its failure.
import { setMaxListeners } from 'node:events';
import type { ServerId } from '@raftlab/protocol';
import type { Clock } from '@raftlab/runtime';
import { TestFailure, TestOver } from '../test-failure.ts';
import type { Journal } from './journal.ts';

/** The maximum duration of a test, in ms. */
export const testTimeLimitMs: number = 120_000;

export interface TestCourseOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Called once, when the test fails; `server` is the server whose event revealed the failure, if there is one. */
  readonly onFailure: (error: Error, server: ServerId | undefined) => void;
}

/** A check or an action of a test's script. */
interface Step {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** One test from its start to its end. Every wait of its script uses `sleep`, so that a failure ends all waits. */
export class TestCourse {
  readonly #options: TestCourseOptions;
  readonly #startedAt: number;
  readonly #over = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  readonly #warnings: string[] = [];
  #failure: Error | undefined;
  #isEnding = false;
  #stepCount = 0;
  /** The step that was begun last. */
  #last: Step | undefined;
  /** The steps that have begun and not ended, in this order; the clients of a test may be in several. */
  readonly #open: Step[] = [];
  /** A step that lasts until the next one begins. */
  #phase: Step | undefined;
  /** The step whose check has thrown the failure. */
  #failed: Step | undefined;

  constructor(options: TestCourseOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    // Every wait of every client listens.
    setMaxListeners(0, this.#over.signal);
  }

  /** Milliseconds on the test's clock. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Rejects with TestOver if the test fails or ends meanwhile. */
  sleep(delayMs: number): Promise<void> {
    return this.#options.clock.sleep(delayMs, this.#over.signal);
  }

  /** Settles as the promise does, or rejects with TestOver when the test fails or ends first. */
  until<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#over;
    return new Promise((resolve, reject) => {
      const onOver = (): void => reject(signal.reason);
      if (signal.aborted) onOver();
      signal.addEventListener('abort', onOver, { once: true });
      const settled = (): void => signal.removeEventListener('abort', onOver);
      promise.then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(error);
        },
      );
    });
  }

  /** Runs a task beside the script. A failure of the task fails the test, and the returned promise rejects with it. */
  spawn<T>(task: () => Promise<T>): Promise<T> {
    const running = task();
    const watched = running.then(
      () => undefined,
      (error: unknown) => this.fail(error),
    );
    this.#tasks.add(watched);
    void watched.then(() => this.#tasks.delete(watched));
    return running;
  }

  /** The script starts an action without a check of its own. It lasts until the next step. */
  enter(text: string): void {
    this.#phase = this.#begin(text);
  }

  /** Runs a check or an action of the script: a step that ends when `action` does, or when its promise settles. */
  during<T>(text: string, action: () => Promise<T>): Promise<T>;
  during<T>(text: string, action: () => T): T;
  during<T>(text: string, action: () => T | Promise<T>): T | Promise<T> {
    const step = this.#begin(text);
    this.#open.push(step);
    const onEnd = <V>(value: V): V => {
      this.#end(step);
      return value;
    };
    const onError = (error: unknown): never => {
      this.#failed ??= step;
      this.#end(step);
      throw error;
    };
    let result: T | Promise<T>;
    try {
      result = action();
    } catch (error) {
      return onError(error);
    }
    return result instanceof Promise ? result.then(onEnd, onError) : onEnd(result);
  }

  /** Where the script is, or the step that failed: `step 3, checkOneLeader`, or between two steps `after step 3, checkOneLeader`. */
  get place(): string {
    const step = this.#failed ?? this.#open.at(-1) ?? this.#phase;
    if (step !== undefined) return stepText(step);
    return this.#last === undefined ? 'before the first check' : `after ${stepText(this.#last)}`;
  }

  #begin(text: string): Step {
    this.#stepCount += 1;
    const step = { number: this.#stepCount, text };
    this.#last = step;
    this.#phase = undefined;
    this.#options.journal.note(`step ${step.number}: ${text}`);
    this.#options.journal.record({ kind: 'step', text });
    return step;
  }

  #end(step: Step): void {
    const offset = this.#open.indexOf(step);
    if (offset >= 0) this.#open.splice(offset, 1);
  }

  /** A problem that does not fail the test. Warnings are part of the report. */
  warn(message: string): void {
    this.#options.journal.note(`warning: ${message}`);
    this.#options.journal.record({ kind: 'warning', text: message });
    this.#warnings.push(message);
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Fails the test from outside its script; every wait of the script ends. Only the first failure counts. */
  fail(error: unknown, server?: ServerId): void {
    if (this.#failure !== undefined || error instanceof TestOver) return;
    this.#failure = error instanceof Error ? error : new TestFailure(String(error));
    this.#options.journal.note(`failed: ${this.#failure.message}`);
    this.#options.onFailure(this.#failure, server);
    this.#over.abort(new TestOver('the test has failed'));
  }

  /** Undefined unless the test has failed. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The script has ended, and the servers are being stopped. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Throws a TestFailure if the test has taken longer than the lab allows. */
  checkTimeLimit(): void {
    if (this.now() - this.#startedAt > testTimeLimitMs) {
      throw new TestFailure(`test took longer than ${testTimeLimitMs / 1000} seconds`);
    }
  }

  /** Ends every wait; resolves when all tasks of the test have ended. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#over.abort(new TestOver('the test is over'));
    await Promise.all(this.#tasks);
  }
}

function stepText({ number, text }: Step): string {
  return `step ${number}, ${text}`;
}

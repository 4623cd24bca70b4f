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

/** One test from its start to its end. Every wait of its script uses `sleep`, so that a failure ends all waits. */
export class TestCourse {
  readonly #options: TestCourseOptions;
  readonly #startedAt: number;
  readonly #over = new AbortController();
  readonly #tasks = new Set<Promise<void>>();
  readonly #warnings: string[] = [];
  #failure: Error | undefined;
  #isEnding = false;
  #step = 'setting up';
  #stepCount = 0;

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

  /** The script starts a check or an action. */
  enter(step: string): void {
    this.#stepCount += 1;
    this.#step = step;
    this.#options.journal.note(`step ${this.#stepCount}: ${step}`);
    this.#options.journal.record({ kind: 'step', text: step });
  }

  /** The present step of the script, with its number. */
  get step(): string {
    return `step ${this.#stepCount}, ${this.#step}`;
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

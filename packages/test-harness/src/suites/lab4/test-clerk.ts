// A clerk of a test: that of the implementation, with its own ends. Its operations are recorded, and end with the test.
import type { ServerId } from '@raftlab/protocol';
import type { ClusterClient } from '../../cluster/cluster-client.ts';
import type { TestCourse } from '../../cluster/test-course.ts';
import type { ClerkHandle } from '../../lab-service.ts';
import type { OperationHistory } from './operation-history.ts';

export interface TestClerkParts {
  /** The clerk's number in the history. */
  readonly number: number;
  readonly clerk: ClerkHandle;
  readonly client: ClusterClient;
  readonly course: TestCourse;
  /** Undefined: its operations are neither counted nor checked. */
  readonly history: OperationHistory | undefined;
}

export class TestClerk {
  readonly #parts: TestClerkParts;

  constructor(parts: TestClerkParts) {
    this.#parts = parts;
  }

  get(key: string): Promise<string> {
    const { number, clerk, history, course } = this.#parts;
    const run = (): Promise<string> => course.until(clerk.get(key));
    if (history === undefined) return run();
    return history.record(number, { kind: 'get', key }, { run, outputOf: (value) => ({ value }) });
  }

  put(key: string, value: string): Promise<void> {
    const { number, clerk, history, course } = this.#parts;
    const run = (): Promise<void> => course.until(clerk.put(key, value));
    if (history === undefined) return run();
    return history.record(number, { kind: 'put', key, value }, { run, outputOf: () => ({}) });
  }

  append(key: string, value: string): Promise<void> {
    const { number, clerk, history, course } = this.#parts;
    const run = (): Promise<void> => course.until(clerk.append(key, value));
    if (history === undefined) return run();
    return history.record(number, { kind: 'append', key, value }, { run, outputOf: () => ({}) });
  }

  /** Also opens its ends to these servers. */
  connect(to: readonly ServerId[]): void {
    this.#parts.client.connect(to);
  }

  /** Deletes its ends. */
  close(): void {
    this.#parts.client.close();
  }
}

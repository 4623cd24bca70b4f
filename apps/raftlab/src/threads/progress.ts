// The progress of a test in another thread, in shared memory: a thread in an endless loop answers no messages.
import { threadId } from 'node:worker_threads';

const fields = { threadId: 0, clockMs: 1, server: 2, entries: 3 } as const;

export class Progress {
  readonly buffer: SharedArrayBuffer;
  readonly #fields: Float64Array;

  constructor(
    buffer: SharedArrayBuffer = new SharedArrayBuffer(
      Object.keys(fields).length * Float64Array.BYTES_PER_ELEMENT,
    ),
  ) {
    this.buffer = buffer;
    this.#fields = new Float64Array(buffer);
  }

  /** This thread starts the test. */
  begin(): void {
    this.#fields[fields.threadId] = threadId;
    this.#fields[fields.server] = -1;
  }

  /** Called before the implementation's code runs for this server, `clockMs` after the start of the test. */
  enter(server: number, clockMs: number): void {
    this.#fields[fields.server] = server;
    this.#fields[fields.clockMs] = clockMs;
    this.#fields[fields.entries] = this.entryCount + 1;
  }

  /** The user's code is about to run, for a server that is not known. */
  alive(): void {
    this.#fields[fields.entries] = this.entryCount + 1;
  }

  /** 0 before a thread has begun the test. */
  get threadId(): number {
    return this.#fields[fields.threadId] ?? 0;
  }

  /** How often the implementation's code was called. */
  get entryCount(): number {
    return this.#fields[fields.entries] ?? 0;
  }

  get clockMs(): number {
    return this.#fields[fields.clockMs] ?? 0;
  }

  /** `; server 1 was last called at 312.000 ms of the test`; empty before the first call. */
  describe(): string {
    const server = this.#fields[fields.server] ?? -1;
    return server < 0
      ? ''
      : `; server ${server} was last called at ${this.clockMs.toFixed(3)} ms of the test`;
  }
}

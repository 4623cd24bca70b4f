// The events of a run, in order: a running hash of all events, and the last few in words.
import { createHash, type Hash } from 'node:crypto';

/** The number of events that a failure shows. */
const recentCount = 40;
/** Events are hashed in blocks of about this many characters. */
const blockLength = 1 << 16;

/** The events of one test. Equal runs have equal digests. */
export class EventLog {
  readonly #now: () => number;
  readonly #hash: Hash = createHash('sha256');
  readonly #recent: string[] = [];
  #block = '';
  #eventCount = 0;

  /** `now`: milliseconds since the test began. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  add(event: string): void {
    const line = `${this.#now().toFixed(3)} ${event}`;
    this.#recent[this.#eventCount % recentCount] = line;
    this.#eventCount += 1;
    this.#block += `${line}\n`;
    if (this.#block.length >= blockLength) this.#flush();
  }

  /** The last events, oldest first. */
  recent(): string[] {
    const split = this.#eventCount % recentCount;
    return [...this.#recent.slice(split), ...this.#recent.slice(0, split)];
  }

  /** A fingerprint of all events so far: 16 hexadecimal digits. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest('hex').slice(0, 16);
  }

  #flush(): void {
    this.#hash.update(this.#block);
    this.#block = '';
  }
}

// The trace of a simulated run: a running hash of every step and fault, and the last of them, which are formatted only on demand.
// It must be cheap, because it is kept for every run.
import { bodyOf } from '@raftlab/protocol';
import type { Input, RaftState } from '@raftlab/raft-core';
import type { Fault } from './fault.ts';

const recentCount = 30;

interface RecentStep {
  readonly at: number;
  readonly describe: () => string;
}

export class SimTrace {
  readonly #now: () => number;
  readonly #recent: RecentStep[] = [];
  #count = 0;
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  constructor(now: () => number) {
    this.#now = now;
  }

  step(server: number, input: Input, state: RaftState): void {
    const { currentTerm, commitIndex, log, standing } = state;
    const { role } = standing;
    this.#mix(server * 64 + input.kind.length * 4 + (role === 'leader' ? 1 : role === 'candidate' ? 2 : 3));
    this.#mix(currentTerm);
    this.#mix(commitIndex);
    const { lastIndex, lastIncludedIndex } = log;
    this.#mix(lastIndex * 31 + lastIncludedIndex);
    this.#remember(
      () =>
        `server ${server} ${describeInput(input)} -> ${role}, term ${currentTerm}, commitIndex ${commitIndex}, log ${lastIncludedIndex}..${lastIndex}`,
    );
  }

  /** An event of a server that reports no steps. */
  note(text: string): void {
    for (let offset = 0; offset < text.length; offset += 1) this.#mix(text.charCodeAt(offset));
    this.#remember(() => text);
  }

  /** Steps, notes and faults so far. */
  get count(): number {
    return this.#count;
  }

  fault(fault: Fault): void {
    this.#mix(fault.kind.length * 1024 + ('server' in fault ? fault.server : 99));
    this.#remember(() => `fault ${JSON.stringify(fault)}`);
  }

  /** The last steps and faults, oldest first. */
  recent(): string[] {
    const split = this.#count % recentCount;
    const ordered = [...this.#recent.slice(split), ...this.#recent.slice(0, split)];
    return ordered.map(({ at, describe }) => `${at.toFixed(3)} ${describe()}`);
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #remember(describe: () => string): void {
    const at = this.#now();
    this.#recent[this.#count % recentCount] = { at, describe };
    this.#count += 1;
    // Microseconds, so that runs with different delays have different hashes.
    this.#mix(Math.floor(at * 1000));
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ (value + (this.#low >>> 7)), 0x85ebca6b) ^ (this.#high >>> 13);
  }
}

function describeInput(input: Input): string {
  switch (input.kind) {
    case 'message': {
      const { from, message } = input;
      const body = bodyOf(message);
      const short = JSON.stringify(body, (key, value: unknown) =>
        key === 'entries' || key === 'data' ? '…' : value,
      );
      return `${message.kind} from ${from} ${short}`;
    }
    case 'propose':
      return `propose ${input.commands.length}`;
    case 'tick':
      return 'tick';
    case 'persisted':
      return `persisted term ${input.currentTerm}, up to ${input.lastLogIndex}`;
    case 'unreachable':
      return `unreachable ${input.peer}`;
    case 'read':
      return `read ${input.id}`;
    case 'transfer':
      return `transfer to ${input.to ?? 'any'}`;
    case 'compact':
      return `compact ${input.lastIncludedIndex}`;
    case 'staged':
      return `staged ${input.data.length} bytes`;
  }
}

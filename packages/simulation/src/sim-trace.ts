// The trace of a simulated run: a running hash of every step and fault, and the last of them, which are formatted only on demand.
// It must be cheap, because it is kept for every run.
import { bodyOf, type ServerId } from '@raftlab/protocol';
import type { Input, RaftState, Role } from '@raftlab/raft-core';
import { assert } from '@raftlab/runtime/assert';
import type { Fault } from './fault.ts';

const recentCount = 30;

/** One of the last steps; the next step in its place overwrites it, since making objects for each takes time. */
class RecentStep {
  at = 0;
  server: ServerId = 0;
  /** Undefined when it is no step: then `text` says it all. */
  input: Input | undefined = undefined;
  role: Role = 'follower';
  currentTerm = 0;
  commitIndex = 0;
  lastIncludedIndex = 0;
  lastIndex = 0;
  text: string | undefined = undefined;
  fault: Fault | undefined = undefined;

  describe(): string {
    const { at, server, input, role, currentTerm, commitIndex, lastIncludedIndex, lastIndex } = this;
    const step =
      input &&
      `server ${server} ${describeInput(input)} -> ${role}, term ${currentTerm}, commitIndex ${commitIndex}, log ${lastIncludedIndex}..${lastIndex}`;
    return `${at.toFixed(3)} ${step ?? this.text ?? `fault ${JSON.stringify(this.fault)}`}`;
  }
}

export class SimTrace {
  readonly #now: () => number;
  readonly #recent = Array.from({ length: recentCount }, () => new RecentStep());
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
    const recent = this.#remember();
    recent.server = server;
    recent.input = input;
    recent.role = role;
    recent.currentTerm = currentTerm;
    recent.commitIndex = commitIndex;
    recent.lastIncludedIndex = lastIncludedIndex;
    recent.lastIndex = lastIndex;
  }

  /** An event of a server that reports no steps. */
  note(text: string): void {
    for (let offset = 0; offset < text.length; offset += 1) this.#mix(text.charCodeAt(offset));
    this.#remember().text = text;
  }

  /** Steps, notes and faults so far. */
  get count(): number {
    return this.#count;
  }

  fault(fault: Fault): void {
    this.#mix(fault.kind.length * 1024 + ('server' in fault ? fault.server : 99));
    this.#remember().fault = fault;
  }

  /** The last steps and faults, oldest first. */
  recent(): string[] {
    const split = this.#count % recentCount;
    const ordered =
      this.#count < recentCount
        ? this.#recent.slice(0, this.#count)
        : [...this.#recent.slice(split), ...this.#recent.slice(0, split)];
    return ordered.map((step) => step.describe());
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** The place of what happens now. */
  #remember(): RecentStep {
    const recent = this.#recent[this.#count % recentCount];
    assert(recent !== undefined, 'there is a place for every step');
    recent.at = this.#now();
    recent.input = undefined;
    recent.text = undefined;
    recent.fault = undefined;
    this.#count += 1;
    // Microseconds, so that runs with different delays have different hashes.
    this.#mix(Math.floor(recent.at * 1000));
    return recent;
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

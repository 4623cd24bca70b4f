// The operations of all clerks of one test, as the clerks observed them, and the final check that they are linearizable.
import {
  checkHistory,
  HistoryRecorder,
  keyValueModel,
  renderResult,
  type KeyValueInput,
  type KeyValueOutput,
} from '@raftlab/linearizability';
import { show } from '@raftlab/trace';
import type { Journal } from '../../cluster/journal.ts';
import { TestFailure } from '../../test-failure.ts';

/** The maximum number of steps of the checker for one history: many times the need of the graded tests, and a few seconds. */
const maxSteps = 5_000_000;

/** The lab's model: strings without versions, and `''` for a missing key. */
const model = keyValueModel({ missing: '', hasVersions: false });

/** The calls of the clerks of one test, and their results. */
export class OperationHistory {
  readonly #recorder = new HistoryRecorder<KeyValueInput, KeyValueOutput>();
  readonly #now: () => number;
  readonly #journal: Pick<Journal, 'record' | 'recorder'> | undefined;
  /** Those that have not returned, by id. */
  readonly #pending = new Map<number | string, string>();
  #count = 0;

  /** `now`: milliseconds on the test's clock. `journal`: where operations are recorded for the page of the run. */
  constructor(now: () => number, journal?: Pick<Journal, 'record' | 'recorder'>) {
    // Microseconds are enough, and easier to read in a failure.
    this.#now = () => Math.round(now() * 1000) / 1000;
    this.#journal = journal;
  }

  /** Operations that were called. */
  get count(): number {
    return this.#count;
  }

  /** Records an operation from its call to its return. One that fails has not returned. */
  async record<Value>(
    client: number,
    input: KeyValueInput,
    { run, outputOf }: { run: () => Promise<Value>; outputOf: (value: Value) => KeyValueOutput },
  ): Promise<Value> {
    const at = this.#now();
    const id = this.#recorder.called({ client, input, at });
    const number = this.#count;
    this.#count += 1;
    const isRecorded = this.#journal?.recorder !== undefined;
    if (isRecorded) this.#journal?.record({ kind: 'call', client, id: number, text: textOf(input) });
    this.#pending.set(id, `${input.kind} of key ${input.key} by client ${client} since ${at.toFixed(3)} ms`);
    const value = await run();
    const output = outputOf(value);
    this.#recorder.returned(id, { output, at: this.#now() });
    if (isRecorded) this.#journal?.record({ kind: 'return', id: number, text: resultOf(output) });
    this.#pending.delete(id);
    return value;
  }

  /** Throws a TestFailure unless the history is linearizable: an undecided one is not a pass. */
  check(): void {
    const result = checkHistory(model, this.#recorder.events, { maxSteps });
    if (result.verdict === 'ok') return;
    const ids = result.prefixes.map(({ stuck }) => Number(stuck.id));
    this.#journal?.record({ kind: 'unplaced', ids });
    throw new TestFailure(`history is ${renderResult(model, result)}`);
  }

  /** The first few pending operations, for the message of a test that takes too long. */
  describePending(): string {
    const waiting = [...this.#pending.values()];
    const shown = waiting.slice(0, 3).join('; ');
    if (waiting.length === 0) return 'no operation is waiting';
    return `${waiting.length} operations are waiting: ${shown}${waiting.length > 3 ? '; …' : ''}`;
  }
}

/** The result in a few words. */
function resultOf({ value }: KeyValueOutput): string {
  return value === undefined ? 'done' : show(value);
}

/** The operation in a few words. */
function textOf(input: KeyValueInput): string {
  return 'value' in input ? `${input.kind} ${input.key} ${show(input.value)}` : `${input.kind} ${input.key}`;
}

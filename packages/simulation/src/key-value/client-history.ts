// The operations of all clients of a run as they observed them, and the check that they are linearizable.
import {
  checkHistory,
  HistoryRecorder,
  keyValueModel,
  renderResult,
  type KeyValueInput,
  type KeyValueOutput,
  type OperationId,
} from '@raftlab/linearizability';
import type { Clock } from '@raftlab/runtime';
import type { Recorder } from '@raftlab/trace';

/** A history that the checker does not decide within this many steps fails its run: ten times what the longest ones take. */
const maxSteps = 2_000_000;

const model = keyValueModel();

/** The clients of a run have seen what no store does that executes one operation after another; or the checker did not find out. */
class HistoryViolation extends Error {
  override readonly name: string = 'HistoryViolation';
  readonly property: string;

  constructor(property: string, message: string) {
    super(message);
    this.property = property;
  }
}

/** How many operations of a run were called and checked. */
export interface OperationCounts {
  readonly checked: number;
  /** Of these, how many have no known result: their client crashed, or lost its session. */
  readonly unknown: number;
}

export class ClientHistory {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #trace: Pick<Recorder, 'record'> | undefined;
  readonly #events = new HistoryRecorder<KeyValueInput, KeyValueOutput>();
  /** Operations that certainly had no effect. */
  readonly #without = new Set<OperationId>();
  #called = 0;
  #returned = 0;

  constructor(clock: Pick<Clock, 'now'>, trace?: Pick<Recorder, 'record'>) {
    this.#clock = clock;
    this.#trace = trace;
  }

  get counts(): OperationCounts {
    const checked = this.#called - this.#without.size;
    return { checked, unknown: checked - this.#returned };
  }

  /** Call it before the request leaves. */
  called(client: number, input: KeyValueInput): OperationId {
    const id = this.#events.called({ client, input, at: this.#now() });
    this.#trace?.record({ kind: 'call', client, id: Number(id), text: describe(input, {}) });
    this.#called += 1;
    return id;
  }

  returned(id: OperationId, input: KeyValueInput, output: KeyValueOutput): void {
    this.#events.returned(id, { output, at: this.#now() });
    this.#trace?.record({ kind: 'return', id: Number(id), text: describe(input, output) });
    this.#returned += 1;
  }

  /** The operation has failed, and is known to have had no effect: it must not explain what others saw. */
  hadNoEffect(id: OperationId): void {
    this.#without.add(id);
  }

  /** Throws a HistoryViolation unless the history is linearizable; one that is undecided is not. */
  check(): void {
    const events = this.#events.events.filter(({ id }) => !this.#without.has(id));
    const result = checkHistory(model, events, { maxSteps });
    if (result.verdict === 'ok') return;
    this.#trace?.record({ kind: 'unplaced', ids: result.prefixes.map(({ stuck }) => Number(stuck.id)) });
    const property = result.verdict === 'illegal' ? 'Histories are linearizable' : 'Histories are decided';
    throw new HistoryViolation(property, `the history is ${renderResult(model, result)}`);
  }

  /** In microseconds, which are shorter to read. */
  #now(): number {
    return Math.round(this.#clock.now() * 1000) / 1000;
  }
}

function describe(input: KeyValueInput, output: KeyValueOutput): string {
  return model.describe?.(input, output) ?? input.kind;
}

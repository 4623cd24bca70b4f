// A history that is recorded while it happens.
import type { ClientId, HistoryEvent, OperationId } from './history.ts';

/** Who calls what, and when. */
export interface RecordedCall<Input> {
  readonly client: ClientId;
  readonly input: Input;
  /** The time; it never decreases from one event to the next. */
  readonly at: number;
}

/** Gives out ids and keeps the events in their order. All clients record into one recorder, on one clock. */
export class HistoryRecorder<Input, Output> {
  readonly #events: Array<HistoryEvent<Input, Output>> = [];
  #nextId = 0;

  /** What was recorded so far; `checkHistory` takes it as it is. */
  get events(): ReadonlyArray<HistoryEvent<Input, Output>> {
    return this.#events;
  }

  /** To be called before the request leaves. Returns the id for `returned`. */
  called({ client, input, at }: RecordedCall<Input>): OperationId {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#events.push({ kind: 'call', id, client, input, at });
    return id;
  }

  /** To be called when the reply has arrived; never, for an operation of which it is not known whether it took effect. */
  returned(id: OperationId, { output, at }: { output: Output; at: number }): void {
    this.#events.push({ kind: 'return', id, output, at });
  }
}

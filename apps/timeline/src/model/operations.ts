// The operations of clients, as bars: each in a row, so that operations that overlap are in different rows.
import type { TraceEvent } from '@raftlab/trace/form';
import { firstWhere } from './search-sorted.ts';

/** One operation of a client. Times are milliseconds of the run. */
export interface ClientOperation {
  readonly client: number;
  /** The row of its client. Clients that do not overlap in time may share a row. */
  readonly row: number;
  readonly from: number;
  /** The end of the run for an operation that did not return. */
  readonly to: number;
  readonly hasReturned: boolean;
  readonly text: string;
  /** Whether the checker found no order of the operations that contains it. */
  readonly isUnplaced: boolean;
}

/** The operations of a run in the order of their calls, and how many rows they take. */
export interface ClientOperations {
  readonly list: readonly ClientOperation[];
  readonly rows: number;
}

interface Opened {
  readonly client: number;
  readonly from: number;
  readonly call: string;
  to: number | undefined;
  result: string | undefined;
  isUnplaced: boolean;
}

/** Collects operations from the events of a run, in order. */
export class OperationBuilder {
  readonly #operations = new Map<number, Opened>();

  /** Takes one event; an end whose call is not among the recorded events is dropped. */
  add(event: TraceEvent): void {
    if (event.kind === 'call') {
      const { client, at: from, text: call, id } = event;
      this.#operations.set(id, { client, from, call, to: undefined, result: undefined, isUnplaced: false });
    } else if (event.kind === 'return') {
      const operation = this.#operations.get(event.id);
      if (operation === undefined) return;
      operation.to = event.at;
      operation.result = event.text;
    } else if (event.kind === 'unplaced') {
      for (const id of event.ids) {
        const operation = this.#operations.get(id);
        if (operation !== undefined) operation.isUnplaced = true;
      }
    }
  }

  /** `end` is the end of the run. */
  finish(end: number): ClientOperations {
    const opened = [...this.#operations.values()];
    const rowOf = rowsOf(opened, end);
    const list = opened.map(({ client, from, call, to, result, isUnplaced }) => ({
      client,
      row: rowOf.get(client) ?? 0,
      from,
      to: to ?? end,
      hasReturned: to !== undefined,
      text: `client ${client}: ${call}${result === undefined ? '' : ` → ${result}`}`,
      isUnplaced,
    }));
    return { list, rows: Math.max(0, ...[...rowOf.values()].map((row) => row + 1)) };
  }
}

/** By client: the first row that is free from the client's first call to its last return. */
function rowsOf(opened: readonly Opened[], end: number): Map<number, number> {
  const spans = new Map<number, { from: number; to: number }>();
  for (const { client, from, to = end } of opened) {
    const span = spans.get(client);
    if (span === undefined) spans.set(client, { from, to });
    else span.to = Math.max(span.to, to);
  }
  const freeAt: number[] = [];
  const rowOf = new Map<number, number>();
  for (const [client, { from, to }] of spans) {
    const free = freeAt.findIndex((at) => at < from);
    const row = free === -1 ? freeAt.length : free;
    freeAt[row] = to;
    rowOf.set(client, row);
  }
  return rowOf;
}

/** The operations whose calls are in the time from `from` to `to`, and those before that reach into it. */
export function operationsWithin({ list }: ClientOperations, from: number, to: number): ClientOperation[] {
  const end = firstWhere(list.length, (n) => (list[n]?.from ?? 0) > to);
  return list.slice(0, end).filter((operation) => operation.to >= from);
}

// The error for records that cannot be a history.
import type { OperationId } from './history.ts';

/**
 * - `duplicate-id`: two operations, or two calls, have one id.
 * - `duplicate-return`: an operation returns twice.
 * - `return-without-call`: an operation returns that was never called.
 * - `return-before-call`: an operation returns before it is called.
 * - `bad-time`: a time is not a finite number, or is before that of the event before it.
 */
export type MalformedHistoryReason =
  | 'duplicate-id'
  | 'duplicate-return'
  | 'return-without-call'
  | 'return-before-call'
  | 'bad-time';

const remedies: Readonly<Record<MalformedHistoryReason, string>> = {
  'duplicate-id': 'Give every operation an id of its own.',
  'duplicate-return': 'Record the first return only.',
  'return-without-call': 'Record the call before the request is sent.',
  'return-before-call': 'Record call and return in the order in which they happen, on one clock.',
  'bad-time': 'Take the times from one clock that never goes back.',
};

/** The history contradicts itself, so it has no verdict. The mistake is in what recorded it. */
export class MalformedHistoryError extends Error {
  override readonly name: string = 'MalformedHistoryError';
  readonly reason: MalformedHistoryReason;
  /** The operation in question. */
  readonly id: OperationId;
  /** Its place in the array that was passed to the checker. */
  readonly place: number;

  constructor(reason: MalformedHistoryReason, id: OperationId, about: { place: number; found: string }) {
    const { place, found } = about;
    super(`Operation ${JSON.stringify(id)} ${found}, at history[${place}]. ${remedies[reason]}`);
    this.reason = reason;
    this.id = id;
    this.place = place;
  }
}

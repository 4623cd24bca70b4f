// What is checked: the operations of clients on one shared object, as the clients saw them.

/** Names an operation. Unique within a history; `1` and `'1'` are different. */
export type OperationId = number | string;

/** Names a client, for reports only: two operations of one client may overlap. */
export type ClientId = number | string;

/**
 * One operation with the times of its call and its return, on one clock for the whole history; the unit is the recorder's.
 * An operation that returned when another is called precedes it; at equal times the two are concurrent, because a call
 * sorts before a return.
 */
export interface Operation<Input, Output> {
  readonly id: OperationId;
  readonly client?: ClientId | undefined;
  readonly input: Input;
  /** Taken before the request leaves. Finite. */
  readonly callAt: number;
  /** `undefined` when nothing is known about it. */
  readonly output?: Output | undefined;
  /**
   * Taken after the reply has arrived; finite, and at least `callAt`. `undefined` when the client never saw a reply: the
   * operation may have taken effect at any time after its call, or never.
   */
  readonly returnAt?: number | undefined;
}

/** The call of an operation, as an event. */
export interface CallEvent<Input> {
  readonly kind: 'call';
  readonly id: OperationId;
  readonly client?: ClientId | undefined;
  readonly input: Input;
  /** For reports; the order of the events is that of the array. Without it the event's place in the array is used. */
  readonly at?: number | undefined;
}

/** The return of an operation, as an event. An operation without one has never returned. */
export interface ReturnEvent<Output> {
  readonly kind: 'return';
  readonly id: OperationId;
  readonly output?: Output | undefined;
  readonly at?: number | undefined;
}

/** A call or a return. */
export type HistoryEvent<Input, Output> = CallEvent<Input> | ReturnEvent<Output>;

/**
 * Operations in any order, or events in the order in which they happened. Events say more: of two events at the same time
 * it is known which came first.
 */
export type History<Input, Output> =
  | ReadonlyArray<Operation<Input, Output>>
  | ReadonlyArray<HistoryEvent<Input, Output>>;

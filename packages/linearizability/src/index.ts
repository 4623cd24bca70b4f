export { AssertionError } from './assert.ts';
export { defaultMaxSteps, type CheckOptions, type TimeLimit } from './budget.ts';
export { checkHistory } from './check-history.ts';
export type {
  CheckResult,
  Linearization,
  NotLinearizable,
  Ok,
  Undecided,
  Unfinished,
  Verdict,
} from './check-result.ts';
export type {
  CallEvent,
  ClientId,
  History,
  HistoryEvent,
  Operation,
  OperationId,
  ReturnEvent,
} from './history.ts';
export { HistoryRecorder } from './history-recorder.ts';
export type { Interval } from './interval.ts';
export { MalformedHistoryError, type MalformedHistoryReason } from './malformed-history-error.ts';
export {
  illegal,
  type Decision,
  type Illegal,
  type Model,
  type StateIdentity,
  type StateKey,
} from './model.ts';
export type { GrowingText } from './models/growing-text.ts';
export { keyValueModel, type KeyValueOptions, type KeyValueState } from './models/key-value.ts';
export type { KeyValueInput, KeyValueOutput } from './models/key-value-operation.ts';
export { listAppendModel, type ListCell, type ListState } from './models/list-append.ts';
export type { ListElement, ListInput, ListOutput } from './models/list-operation.ts';
export {
  registerModel,
  type RegisterInput,
  type RegisterOutput,
  type RegisterValue,
} from './models/register.ts';
export { prefixLimit, type LinearizablePrefix, type NextOperation, type Obstacle } from './prefix.ts';
export { renderResult } from './render.ts';

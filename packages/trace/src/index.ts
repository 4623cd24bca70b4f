export { Recorder, type RunRecord } from './recorder.ts';
export { show } from './show.ts';
export { stateObserver } from './state-recorder.ts';
export {
  type LogChange,
  type MessageFields,
  type ProgressChange,
  type StateChange,
  type TraceEvent,
  type TraceEventBody,
  type TraceFile,
  traceFileSchema,
} from './trace-event.ts';

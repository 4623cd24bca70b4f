// The reports of an observed server, and how two observers share one server.
import type { ApplyMsg } from '@raftlab/protocol';
import type { WriteBatch } from '@raftlab/storage';
import type { RaftObserver } from '@raftlab/raft-core';

/** The reports of one server: the steps and messages of its core, what has become durable, and what its service is handed. */
export interface ServerObserver extends RaftObserver {
  onDurable(batch: WriteBatch): void;
  /** The service is handed a message. Only some drivers report it. */
  onDeliver?(message: ApplyMsg): void;
}

/** Passes every report to `watch`, and reports of states and steps also to `record`, if there is one. */
export function bothObservers(watch: ServerObserver, record: RaftObserver | undefined): ServerObserver {
  if (record === undefined) return watch;
  return {
    onBegin(state) {
      // `record` is called first, so that the record of a violation has the step that caused it.
      record.onBegin?.(state);
      watch.onBegin?.(state);
    },
    onStep(input, outputs, state) {
      record.onStep?.(input, outputs, state);
      watch.onStep?.(input, outputs, state);
    },
    onSend: (envelope) => watch.onSend?.(envelope),
    onDurable: (batch) => watch.onDurable(batch),
    onDeliver: (message) => watch.onDeliver?.(message),
  };
}

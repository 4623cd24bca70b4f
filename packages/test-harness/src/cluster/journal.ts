// The reports of a running test: lines for the event log, whose hash is the run's fingerprint, and events for the recorder if
// the run is recorded. Reporting does not change the run.
import type { NetworkEvent } from '@raftlab/labrpc';
import type { ServerId } from '@raftlab/protocol';
import type { ClientEnd } from '@raftlab/rpc';
import type { Recorder } from '@raftlab/trace';
import { EventLog } from '../event-log.ts';

/** One test's event log and, if there is one, its recorder. */
export class Journal {
  readonly log: EventLog;
  readonly recorder: Recorder | undefined;

  /** `now`: milliseconds since the test began. */
  constructor(now: () => number, recorder: Recorder | undefined) {
    this.log = new EventLog(now);
    this.recorder = recorder;
  }

  note(event: string): void {
    this.log.add(event);
  }

  /** Only for recorded runs: for some of these the event log has a line of its own. */
  record(event: Parameters<Recorder['record']>[0]): void {
    this.recorder?.record(event);
  }

  onNetworkEvent(event: NetworkEvent): void {
    const { kind, callId, methodName, serverName, bytes } = event;
    this.log.add(`${kind} ${callId} ${methodName} to ${serverName ?? 'nobody'} ${bytes.byteLength}`);
    this.recorder?.recordCall(event);
  }

  /** The end on which one server calls another, so that the messages on it can be recorded. */
  watch(end: ClientEnd, link: { readonly from: ServerId; readonly to: ServerId }): ClientEnd {
    return this.recorder?.watch(end, link) ?? end;
  }
}

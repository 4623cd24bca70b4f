// A Raft peer below a service, whose applied messages are noted and recorded.
import type { LabApplyMsg } from '@raftlab/protocol';
import type { TestSetting } from '../cluster/cluster.ts';
import type { Host } from '../cluster/server-process.ts';
import type { MakeRaft } from '../implementation.ts';
import type { RaftHandle } from '../lab-peer.ts';
import { OutsideView } from '../outside-view.ts';
import { commandText } from './command-text.ts';

export interface ObservedRaftOptions extends Pick<TestSetting, 'journal' | 'course'> {
  readonly host: Host;
  readonly applyCh: (message: LabApplyMsg) => void | Promise<void>;
}

/** A peer whose applied messages are noted. Messages after its crash are dropped. */
export function makeObservedRaft(
  make: MakeRaft,
  { host, applyCh, journal, course }: ObservedRaftOptions,
): RaftHandle {
  const { me: server } = host;
  const view = journal.recorder && new OutsideView(journal.recorder, server);
  let isMade = false;
  const deliver = (message: LabApplyMsg): void | Promise<void> => {
    if (!host.isRunning() || course.isEnding) return undefined;
    const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
    journal.note(`server ${server} applies ${message.commandValid ? index : `snapshot ${index}`}`);
    if (journal.recorder !== undefined) {
      const command = message.commandValid ? { command: commandText(message.command) } : {};
      journal.record({ kind: 'apply', server, index, ...command });
    }
    view?.onApply(index);
    try {
      return applyCh(message);
    } catch (error) {
      course.fail(error, server);
      throw error;
    }
  };
  const made = make({
    ...host,
    observer: view?.watchObserver(host.observer) ?? host.observer,
    // A message that is delivered before the peer was returned waits until then: its service does not have the peer yet.
    applyCh: (message) => (isMade ? deliver(message) : Promise.resolve().then(() => deliver(message))),
  });
  isMade = true;
  return view?.watchPeer(made) ?? labHandle(made);
}

/** What the lab's interface has, and nothing else: a recorded run must be the same as one that is not. */
function labHandle(peer: RaftHandle): RaftHandle {
  return {
    service: peer.service,
    start: (command) => peer.start(command),
    getState: () => peer.getState(),
    snapshot: (index, data) => peer.snapshot(index, data),
    kill: () => peer.kill(),
  };
}

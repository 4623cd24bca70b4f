// What runs on a server in Lab 3: a Raft peer, and the tester's service on its apply channel.
import type { LabApplyMsg } from '@raftlab/protocol';
import { show } from '@raftlab/trace';
import type { TestSetting } from '../../cluster/cluster.ts';
import type { Boot, Machine, ServerProcess } from '../../cluster/server-process.ts';
import type { MakeRaft, RaftHandle } from '../../implementation.ts';
import type { AppliedCommands } from './applied-commands.ts';
import { OutsideView } from './outside-view.ts';
import { TesterService } from './tester-service.ts';

export interface RaftProcess extends ServerProcess {
  readonly raft: RaftHandle;
}

export interface BootRaftOptions extends Pick<TestSetting, 'journal' | 'course'> {
  readonly make: MakeRaft;
  readonly takesSnapshots: boolean;
  readonly applied: AppliedCommands;
}

/** Starts a peer with `make`, after restoring its service from the snapshot that the server has persisted. */
export function bootRaft(options: BootRaftOptions): Boot<RaftProcess> {
  const { journal, make, takesSnapshots, applied } = options;
  return (machine) => {
    const { me, persister } = machine;
    const view = journal.recorder && new OutsideView(journal.recorder, me);
    let raft: RaftHandle | undefined;
    const service = new TesterService({
      server: me,
      applied,
      takeSnapshot: takesSnapshots ? (index, data) => raft?.snapshot(index, data) : undefined,
    });
    const snapshot = persister.readSnapshot();
    if (snapshot.length > 0) service.restore(snapshot);
    const onApply = deliverTo(service, { ...options, machine, view });
    const made = make({
      ...machine,
      observer: view?.watchObserver(machine.observer) ?? machine.observer,
      applyCh(message) {
        if (raft !== undefined) return onApply(message);
        // The peer delivers before `make` has returned: the service takes the message as soon as it has.
        return Promise.resolve().then(() => onApply(message));
      },
    });
    const running = view?.watchPeer(made) ?? made;
    raft = running;
    return { raft: running, services: [running.service], kill: () => running.kill() };
  };
}

/** The lab's reader. What a crashed peer still delivers is ignored: it must not reach the log of the server's next life. */
function deliverTo(
  service: TesterService,
  {
    journal,
    course,
    machine,
    view,
  }: BootRaftOptions & { readonly machine: Machine; readonly view: OutsideView | undefined },
): (message: LabApplyMsg) => void {
  const { me: server } = machine;
  return (message) => {
    if (!machine.isRunning() || course.isEnding) return;
    const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
    journal.note(`server ${server} applies ${message.commandValid ? index : `snapshot ${index}`}`);
    const command = message.commandValid ? { command: show(message.command) } : {};
    journal.record({ kind: 'apply', server, index, ...command });
    view?.onApply(index);
    try {
      service.take(message);
    } catch (error) {
      course.fail(error, server);
    }
  };
}

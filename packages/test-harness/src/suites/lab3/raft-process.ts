// The process of a server in Lab 3: a Raft peer, and the tester's machine on its apply channel.
import type { LabApplyMsg } from '@raftlab/protocol';
import { show } from '@raftlab/trace';
import type { TestSetting } from '../../cluster/cluster.ts';
import type { Boot, Host, ServerProcess } from '../../cluster/server-process.ts';
import type { MakeRaft } from '../../implementation.ts';
import type { RaftHandle } from '../../lab-peer.ts';
import type { AppliedCommands } from './applied-commands.ts';
import { readApplied, type ApplyReaderOptions } from './apply-reader.ts';
import { OutsideView } from '../../outside-view.ts';
import { TesterMachine } from './tester-machine.ts';

export interface RaftProcess extends ServerProcess {
  readonly raft: RaftHandle;
}

export interface BootRaftOptions extends Pick<TestSetting, 'journal' | 'course'> {
  readonly make: MakeRaft;
  readonly takesSnapshots: boolean;
  readonly applied: AppliedCommands;
}

/** Starts a peer with `make`, after restoring its machine from the snapshot that the server has persisted. */
export function bootRaft(options: BootRaftOptions): Boot<RaftProcess> {
  const { journal, make, takesSnapshots, applied } = options;
  return (host) => {
    const { me, persister } = host;
    const view = journal.recorder && new OutsideView(journal.recorder, me);
    let raft: RaftHandle | undefined;
    const machine = new TesterMachine(me, applied);
    const snapshot = persister.readSnapshot();
    if (snapshot.length > 0) machine.restore(snapshot);
    const takeSnapshot = takesSnapshots
      ? (index: number, data: Uint8Array): void => raft?.snapshot(index, data)
      : undefined;
    const onApply = deliverTo({ server: me, machine, takeSnapshot }, { ...options, host, view });
    const made = make({
      ...host,
      observer: view?.watchObserver(host.observer) ?? host.observer,
      applyCh(message) {
        if (raft !== undefined) return onApply(message);
        // The peer delivers before `make` has returned: the machine gets the message as soon as it has.
        return Promise.resolve().then(() => onApply(message));
      },
    });
    const running = view?.watchPeer(made) ?? made;
    raft = running;
    return { raft: running, services: [running.service], kill: () => running.kill() };
  };
}

/** The lab's reader. Messages of a crashed peer are ignored: they must not reach the log of the restarted server. */
function deliverTo(
  reader: ApplyReaderOptions,
  {
    journal,
    course,
    host,
    view,
  }: BootRaftOptions & { readonly host: Host; readonly view: OutsideView | undefined },
): (message: LabApplyMsg) => void {
  const { server } = reader;
  return (message) => {
    if (!host.isRunning() || course.isEnding) return;
    const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
    journal.note(`server ${server} applies ${message.commandValid ? index : `snapshot ${index}`}`);
    const command = message.commandValid ? { command: show(message.command) } : {};
    journal.record({ kind: 'apply', server, index, ...command });
    view?.onApply(index);
    try {
      readApplied(message, reader);
    } catch (error) {
      course.fail(error, server);
    }
  };
}

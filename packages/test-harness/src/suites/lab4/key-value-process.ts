// The process of a server in Lab 4: a key/value server, and the Raft peer that it made.
import type { TestSetting } from '../../cluster/cluster.ts';
import type { Boot, ServerProcess } from '../../cluster/server-process.ts';
import type { Implementation } from '../../implementation.ts';
import type { RaftHandle } from '../../lab-peer.ts';
import { TestFailure } from '../../test-failure.ts';
import { makeObservedRaft } from '../observed-raft.ts';
import { raftlabKeyValue } from './raftlab-key-value.ts';

export interface KeyValueProcess extends ServerProcess {
  readonly raft: RaftHandle;
}

type BootSetting = Pick<TestSetting, 'journal' | 'course'>;

export interface BootKeyValueOptions extends BootSetting {
  readonly implementation: Implementation;
  /** -1: no snapshots. */
  readonly maxRaftState: number;
}

/** Starts a key/value server, which starts its peer. */
export function bootKeyValue({
  implementation,
  maxRaftState,
  ...setting
}: BootKeyValueOptions): Boot<KeyValueProcess> {
  const { startKVServer } = implementation.keyValue ?? raftlabKeyValue;
  return (host) => {
    const { me, persister, clock, onError } = host;
    let raft: RaftHandle | undefined;
    const server = startKVServer({
      me,
      persister,
      maxRaftState,
      clock,
      random: host.random.fork('service'),
      onError,
      makeRaft: (applyCh) => {
        if (raft !== undefined) throw new TestFailure(`server ${me} has called makeRaft twice`);
        raft = makeObservedRaft(implementation.make, { host, applyCh, ...setting });
        return raft;
      },
    });
    if (raft === undefined) throw new TestFailure(`server ${me} was started without calling makeRaft`);
    const peer: RaftHandle = raft;
    return {
      raft: peer,
      services: [server.service, peer.service],
      kill: () => {
        server.kill();
        peer.kill();
      },
    };
  };
}

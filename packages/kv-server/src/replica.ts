// The key/value service of one server on its peer, without network.
import { KeyValueServer } from '@raftlab/kv';
import { Membership } from '@raftlab/protocol';
import { Raft, serviceConfig, timingFor, type PeerStoppedError, type RaftConfig } from '@raftlab/raft-core';
import { bytesCodec } from '@raftlab/rsm';
import type { Clock, Random } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import type { StoredState } from '@raftlab/storage';
import type { Wal } from '@raftlab/wal';
import type { ServerConfig } from './config.ts';
import { LateTransport } from './late-transport.ts';
import { LoadedStorage } from './loaded-storage.ts';
import type { ServerLog } from './server-log.ts';
import { ElectionLog } from './status-document.ts';

/** One server's copy of the store. */
export interface Replica {
  readonly server: KeyValueServer;
  readonly raft: Raft<Uint8Array>;
  /** To be connected to the network. */
  readonly transport: LateTransport;
  readonly elections: ElectionLog;
}

/** What a replica is made of. */
export interface ReplicaOptions {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ServerLog;
  readonly wal: Wal;
  /** What the write-ahead log has returned. */
  readonly stored: StoredState | undefined;
  /** Called once, when the peer stops by itself. */
  readonly onFailure: (error: PeerStoppedError) => void;
}

/** Makes a replica, whose peer begins at once. */
export function makeReplica(options: ReplicaOptions): Replica {
  const { config, clock, random, log, wal, stored, onFailure } = options;
  const transport = new LateTransport();
  const elections = new ElectionLog(clock);
  let raft: Raft<Uint8Array> | undefined;
  const server = new KeyValueServer({
    clock,
    pendingMax: config.pendingMax,
    snapshot: stored?.snapshot?.data,
    // A snapshot is due when it removes half of the bound: the size of the log itself does not matter here.
    snapshots: { maxStateBytes: 2 * config.snapshotBytes, stateSizeBytes: () => Infinity },
    makePeer(applyCh, onLeadership) {
      raft = new Raft<Uint8Array>({
        me: config.id,
        membership: new Membership(config.peers.keys()),
        storage: new LoadedStorage(wal, stored),
        transport,
        applyCh,
        commandCodec: bytesCodec,
        sharesSnapshots: true,
        clock,
        random: random.fork('peer'),
        config: raftConfigOf(config),
        listener: {
          onStanding(standing) {
            elections.add(standing);
            log.onStanding(standing);
            onLeadership(standing.role === 'leader' ? standing.term : undefined);
          },
        },
        onWarning: (warning) => log.onWarning(warning),
        onError: onFailure,
      });
      return raft;
    },
  });
  assert(raft !== undefined, 'a server makes its peer');
  return { server, raft, transport, elections };
}

/** The settings of the peer: those of a service, with the times of the configuration. */
function raftConfigOf({ electionTimeoutMs, heartbeatMs }: ServerConfig): RaftConfig {
  return { ...serviceConfig, ...timingFor({ electionTimeoutMs, heartbeatIntervalMs: heartbeatMs }) };
}

// All that a Raft of one's own needs, from one place: what it is made of, what it must offer, and how to define remote
// calls. docs/grade-your-own-raft.md shows its use. These names and forms stay: implementations are written against them.
export {
  bind,
  CodecError,
  makeService,
  valueCodec,
  valueMethod,
  type BoundMethod,
  type CallResult,
  type ClientEnd,
  type Codec,
  type Handler,
  type Method,
  type Service,
} from '@raftlab/rpc';
export type { CommandMsg, LabApplyMsg as ApplyMsg, SnapshotMsg } from '@raftlab/protocol';
export type { Clock, Random, Timer } from '@raftlab/runtime';
export type { LabPersister, Make, PeerEnvironment, RaftHandle } from './lab-peer.ts';

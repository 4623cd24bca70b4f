// The imports of a learner's Raft or key/value service in one module: environments, interfaces, and the definition of remote
// calls. docs/grade-your-own-raft.md shows their use. These names and types are stable: implementations are written against them.
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
export type {
  ClerkEnvironment,
  ClerkHandle,
  KVServerEnvironment,
  KVServerHandle,
  MakeClerk,
  StartKVServer,
} from './lab-service.ts';
export type { LabPersister, Make, PeerEnvironment, RaftHandle } from './lab-peer.ts';

export { bytesCodec } from './bytes-codec.ts';
export { logCommandCodec, type LogCommand, type SessionId, type SessionPoint } from './log-command.ts';
export { piecesOf, type QueryableMachine, restoreStepsOf } from './machine.ts';
export {
  type ApplyBytes,
  type OnLeadership,
  defaultCommandBytesMax,
  defaultPendingMax,
  defaultSessionsMax,
  leadershipCheckMs,
  type ReplicatedOptions,
} from './options.ts';
export type { Peer, PeerReadIndex, PeerStart } from './peer.ts';
export { type ReadLevel, ReplicatedStateMachine } from './replicated-machine.ts';
export { type Outcome, type ServiceCodecs, SessionMachine } from './session-machine.ts';
export { encodePart, joinPieces, PartReader } from './snapshot-parts.ts';
export { joinInTurns } from './snapshot-taker.ts';
export type { SnapshotPolicy } from './snapshots.ts';
export { refused, type Refusal, type Submission } from './submission.ts';

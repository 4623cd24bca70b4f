// Faults that a user of Raft meets. A value that cannot be a command is rpc's CodecError.
import type { LogIndex, Membership, MessageKind, ServerId } from '@raftlab/protocol';

/**
 * Why a peer stopped:
 * - `load`: what its storage holds could not be read, or is damaged;
 * - `storage`: a write failed; nothing of it may be relied on;
 * - `transport`: `send` threw, or the transport reported that it cannot go on;
 * - `service`: the apply callback threw, or the promise that it returned rejected;
 * - `rule`: a rule of Raft was broken, here or in another server; an observer threw; a batch does not fit what is stored.
 */
export type StopKind = 'load' | 'storage' | 'transport' | 'service' | 'rule';

const reasons: Readonly<Record<StopKind, string>> = {
  load: 'storage could not be read',
  storage: 'storage failed',
  transport: 'the transport failed',
  service: 'the service failed',
  rule: 'a rule of Raft was broken',
};

/** The peer has stopped for good. `cause` is what was thrown. End the process, and start it anew once the cause is gone. */
export class PeerStoppedError extends Error {
  override readonly name: string = 'PeerStoppedError';
  readonly server: ServerId;
  readonly kind: StopKind;

  constructor(server: ServerId, kind: StopKind, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`server ${server} stopped because ${reasons[kind]}: ${message}`, { cause });
    this.server = server;
    this.kind = kind;
  }
}

/**
 * A storage or a network returned what its interface does not allow. It is the `cause` of a PeerStoppedError: the peer cannot
 * know whether what it asked for was done.
 */
export class ContractError extends Error {
  override readonly name: string = 'ContractError';
  /** The function that was called, e.g. `storage.write`. */
  readonly callee: string;
  readonly returned: unknown;

  /** `allowed`: what the function may return, in words. */
  constructor(callee: string, returned: unknown, allowed: string) {
    super(`${callee} returned ${describe(returned)}; it must return ${allowed}. Correct its implementation.`);
    this.callee = callee;
    this.returned = returned;
  }
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object' : `the ${typeof value} ${String(value)}`;
}

/** `snapshot` was called for an index that the service was not handed yet. */
export class SnapshotError extends Error {
  override readonly name: string = 'SnapshotError';
  readonly server: ServerId;
  /** The index of the snapshot that was refused. */
  readonly index: LogIndex;
  /** The last index that the service was handed. */
  readonly lastHanded: LogIndex;

  constructor(server: ServerId, { index, lastHanded }: { index: LogIndex; lastHanded: LogIndex }) {
    super(
      `server ${server} cannot take a snapshot up to ${index}: its service was handed the indexes up to ${lastHanded}. ` +
        'Take it for the index of the last message that the service has applied.',
    );
    this.server = server;
    this.index = index;
    this.lastHanded = lastHanded;
  }
}

/** A message that no other member of this cluster can have sent: its sender has another membership, or another id. */
export class BadMessageError extends Error {
  override readonly name: string = 'BadMessageError';
  /** The server that received it. */
  readonly server: ServerId;
  /** The server that the transport received it from. */
  readonly from: ServerId;
  readonly kind: MessageKind;

  /** `claimed`: the server that the message says it is from. */
  constructor(
    { from, claimed, kind }: { from: ServerId; claimed: ServerId; kind: MessageKind },
    { me, membership }: { me: ServerId; membership: Membership },
  ) {
    const claim = claimed === from ? '' : `, which says that it is from ${claimed},`;
    super(
      `${kind} from server ${from}${claim} to server ${me}, whose cluster has the ${membership.describe()}; ` +
        `give every server the same membership and an id of its own`,
    );
    this.server = me;
    this.from = from;
    this.kind = kind;
  }
}

/** Throws ContractError for what no storage may return: it would be taken for an empty one. */
export function checkLoaded(stored: unknown): void {
  if (stored === undefined || (typeof stored === 'object' && stored !== null)) return;
  throw new ContractError('storage.load', stored, 'the stored state, undefined, or a promise of one of them');
}

// The chunks of a snapshot that a follower has received so far (Figure 13). They may arrive in any order, and more than once.
// Today they are put together in memory; a storage that takes a snapshot as a stream can take this place, since nothing else
// is asked of it than which bytes are missing.
import type { InstallSnapshotArgs, LogIndex, ServerId, Term } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';

/** The bytes from `start` to before `end`. */
interface Piece {
  start: number;
  end: number;
}

/**
 * The most pieces apart from each other: twice the messages that may be in flight by default. Beyond it the last pieces are
 * forgotten; the leader sends them again when the snapshot is complete up to them.
 */
const piecesMax = 64;

/** A snapshot of which parts are missing. */
export class IncomingSnapshot {
  /** The term of the leader that sends it: chunks of another leader are no part of it. */
  readonly term: Term;
  readonly lastIncludedIndex: LogIndex;
  readonly lastIncludedTerm: Term;
  readonly leaderId: ServerId;
  /** Of the last chunk that arrived. */
  round: number;
  /** Whether the storage was asked to store the bytes ahead. */
  isStaging = false;
  readonly #bytes: Uint8Array;
  /** In order, apart from each other. */
  #pieces: Piece[] = [];

  constructor({
    term,
    lastIncludedIndex,
    lastIncludedTerm,
    leaderId,
    sizeBytes,
    round,
  }: Omit<InstallSnapshotArgs, 'offset' | 'data'>) {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, () => `a snapshot of ${sizeBytes} bytes`);
    assert(lastIncludedIndex >= 1, () => `a snapshot up to ${lastIncludedIndex} covers nothing`);
    this.term = term;
    this.lastIncludedIndex = lastIncludedIndex;
    this.lastIncludedTerm = lastIncludedTerm;
    this.leaderId = leaderId;
    this.round = round;
    this.#bytes = new Uint8Array(sizeBytes);
  }

  /** The first byte that is missing: the size of the snapshot when none is. */
  get storedTo(): number {
    const [first] = this.#pieces;
    return first?.start === 0 ? first.end : 0;
  }

  get isComplete(): boolean {
    return this.storedTo === this.#bytes.length;
  }

  /** The whole snapshot. */
  get bytes(): Uint8Array {
    assert(
      this.isComplete,
      () => `the snapshot is known up to byte ${this.storedTo} of ${this.#bytes.length}`,
    );
    return this.#bytes;
  }

  /** Takes a chunk; one without bytes is a question. */
  add({ offset, data, round }: Pick<InstallSnapshotArgs, 'offset' | 'data' | 'round'>): void {
    this.round = round;
    assert(offset >= 0, () => `a chunk at offset ${offset}`);
    const end = offset + data.length;
    assert(
      end <= this.#bytes.length,
      () => `a chunk up to ${end} of a snapshot of ${this.#bytes.length} bytes`,
    );
    if (data.length === 0) return;
    this.#bytes.set(data, offset);
    const merged: Piece = { start: offset, end };
    const apart: Piece[] = [];
    for (const piece of this.#pieces) {
      if (piece.end < merged.start || piece.start > merged.end) {
        apart.push(piece);
        continue;
      }
      merged.start = Math.min(merged.start, piece.start);
      merged.end = Math.max(merged.end, piece.end);
    }
    this.#pieces = [...apart, merged].toSorted((a, b) => a.start - b.start).slice(0, piecesMax);
    assert(this.#pieces.length <= piecesMax, 'the bound of pieces is kept');
  }

  /** A copy that changes independently. */
  clone(): IncomingSnapshot {
    const { term, leaderId, lastIncludedIndex, lastIncludedTerm, round } = this;
    const known = { term, leaderId, lastIncludedIndex, lastIncludedTerm, round };
    const copy = new IncomingSnapshot({ ...known, sizeBytes: this.#bytes.length });
    copy.isStaging = this.isStaging;
    copy.#bytes.set(this.#bytes);
    copy.#pieces = this.#pieces.map((piece) => ({ ...piece }));
    assert(copy.storedTo === this.storedTo, 'a copy has the same bytes');
    return copy;
  }
}

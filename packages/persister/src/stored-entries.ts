// The stored log as encoded bytes, one piece per write: an object per entry would take ten times the memory, and garbage
// collections.
import { entrySizeBytes, readEntryAt, writeEntry, type LogEntry } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';

/** Consecutive entries, as `writeEntry` writes them. Immutable. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** A list of entries that grows at its end and is truncated at both ends. Entries are identified by their offsets. */
export class StoredEntries {
  #pieces: Piece[] = [];
  #count = 0;
  #sizeBytes = 0;

  /** A copy of the list, which changes independently of this one. */
  copy(): StoredEntries {
    const twin = new StoredEntries();
    twin.#pieces = [...this.#pieces];
    twin.#count = this.#count;
    twin.#sizeBytes = this.#sizeBytes;
    return twin;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The bytes of all entries; not to be changed. */
  parts(): Uint8Array[] {
    return this.#pieces.map(({ bytes }) => bytes);
  }

  /** Keeps copies of the bytes. */
  append(entries: readonly LogEntry[]): void {
    let sizeBytes = 0;
    for (const entry of entries) sizeBytes += entrySizeBytes(entry);
    const bytes = new Uint8Array(sizeBytes);
    let at = 0;
    for (const entry of entries) at = writeEntry(bytes, at, entry);
    assert(at === sizeBytes, () => `entries of ${sizeBytes} bytes were written as ${at}`);
    this.#push({ bytes, count: entries.length });
  }

  dropFirst(count: number): void {
    let rest = Math.min(count, this.#count);
    let emptied = 0;
    for (const piece of this.#pieces) {
      if (piece.count > rest) break;
      rest -= piece.count;
      emptied += 1;
    }
    for (const piece of this.#pieces.splice(0, emptied)) this.#add(piece, -1);
    const [first] = this.#pieces;
    if (rest === 0 || first === undefined) return;
    const left = { bytes: first.bytes.subarray(endOf(first, rest)), count: first.count - rest };
    this.#pieces[0] = left;
    this.#add(first, -1);
    this.#add(left, 1);
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    while (this.#count > count) {
      const last = this.#pieces.pop();
      if (last === undefined) return;
      this.#add(last, -1);
      const kept = count - this.#count;
      if (kept > 0) this.#push({ bytes: last.bytes.subarray(0, endOf(last, kept)), count: kept });
    }
  }

  #push(piece: Piece): void {
    if (piece.count === 0) return;
    this.#pieces.push(piece);
    this.#add(piece, 1);
  }

  #add({ bytes, count }: Piece, sign: 1 | -1): void {
    this.#count += sign * count;
    this.#sizeBytes += sign * bytes.length;
  }
}

/** The end of the first `count` entries of the piece. */
function endOf({ bytes }: Piece, count: number): number {
  let at = 0;
  for (let skipped = 0; skipped < count; skipped += 1) at = readEntryAt(bytes, at).end;
  return at;
}
